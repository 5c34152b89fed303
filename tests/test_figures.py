"""What a page draws and compares: the years of a thing, what is around it, what is like it."""

from __future__ import annotations

import html
import re
from itertools import pairwise
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH, ID, PF, XSD
from pfgraph.web.neighbourhood import cut, drawn, neighbours
from pfgraph.web.rendering import View
from pfgraph.web.solutions import Cell
from pfgraph.web.timeline import Event, fiscal_year, timeline
from sites import Client, publish, serving

A = ID["body/a"]


def section(client: Client, path: str, name: str, language: str = "ja") -> str:
    """Return a section of a page, or nothing where the page has none of this name."""
    page = client.get(path, "text/html", headers={"Accept-Language": language}).text
    found = re.search(rf'<section aria-labelledby="{name}">.*?</section>', page, re.DOTALL)
    return html.unescape(found[0]) if found else ""


def words(text: str) -> str:
    """Return what a piece of a page says."""
    return " ".join(re.sub(r"<svg.*?</svg>|<[^>]*>", " ", text, flags=re.DOTALL).split())


def event(year: int, mood: str = "fact") -> Event:
    """Return an event of a year."""
    return Event(year, str(year), str(year), Cell(f"x{year}"), "", "fact" if mood == "fact" else "intent")


# ---- the years


@pytest.mark.parametrize(
    ("date", "year"),
    [
        (Literal("2022-02", datatype=XSD.gYearMonth), 2021),
        (Literal("2022-04", datatype=XSD.gYearMonth), 2022),
        (Literal("2018-03-31", datatype=XSD.date), 2017),
        (Literal("2018", datatype=XSD.gYear), 2018),
        (ID["fy/2023"], 2023),
        (ID["body/a"], None),
        (Literal("soon"), None),
    ],
)
def test_a_date_is_in_a_fiscal_year(date: NamedNode | Literal, year: int | None) -> None:
    """A fiscal year begins in April; a year alone is taken for the fiscal year of that number."""
    assert fiscal_year(date) == year


def test_events_stand_in_the_order_of_time(shipped: Client) -> None:
    """The years of a city tell of its area, its participations and its platform, dates in the era."""
    told = words(section(shipped, "/doc/government/312011", "timeline"))

    assert told.index("平成29年12月5日 因幡・但馬麒麟のまち連携中枢都市圏") < told.index("平成30年4月1日")
    assert told.index("平成30年4月1日") < told.index("令和4年度") < told.index("令和5年度")


def test_an_intended_event_says_so(tmp_path: Path) -> None:
    """On a line of years no intention passes for a fact: it is drawn otherwise, and said in words."""
    done, planned = ID["initiative/a"], ID["initiative/b"]
    told = [
        Triple(done, PF.fiscalYear, ID["fy/2021"]),
        Triple(done, PF.implementer, A),
        Triple(planned, PF.fiscalYear, ID["fy/2022"]),
        Triple(planned, PF.implementer, A),
        Triple(planned, PF.stage, ID["concept/stage/planned"]),
    ]
    publish(tmp_path, {GRAPH["data/x"].value: told})
    with serving(tmp_path) as client:
        found = section(client, "/doc/body/a", "timeline")

    assert re.findall('<circle class="([a-z]+)"', found) == ["fact", "intent"]
    assert words(found).endswith("initiative:b （意向）")
    assert words(found).count("（意向）") == 1


def test_one_year_is_no_line() -> None:
    """Where all is in one year, or more than can be seen, nothing is drawn."""
    assert timeline([event(2023), event(2023)]) is None
    assert timeline([event(2000 + n % 20) for n in range(50)]) is None


def test_dots_of_a_year_stand_on_each_other_and_years_apart() -> None:
    """No two events share a place, and no two names of years overlap."""
    line = timeline([event(year) for year in (2000, 2020, 2021, 2022, 2022)])
    assert line is not None
    places = [x for _, x in line.years]

    assert len({(dot.x, dot.y) for dot in line.dots}) == 5
    assert all(later - sooner >= 30 for sooner, later in pairwise(places))
    assert line.years[-1][0] == 2022


# ---- what is around


def test_what_is_around_is_drawn_and_linked(shipped: Client) -> None:
    """Neighbours are links with the property and the full name, though the drawing cuts the name off."""
    found = section(shipped, "/doc/platform/401005-1", "around")

    assert '<a href="/doc/government/401005" aria-label="設置主体: 北九州市">' in found
    assert 'aria-label="変更の対象: 北九州市の協議会事務局機能のNPO法人等への移行（意向）"' in found
    assert "<script" not in found


def test_each_property_is_drawn_before_any_twice() -> None:
    """Where not all neighbours fit, those of every property come first, and the rest is counted."""
    many = [Triple(ID[f"x/{n}"], PF.covers, A) for n in range(10)]
    one = Triple(ID["x/last"], PF.partner, A)
    found = drawn(Text("a", "a"), neighbours([*many, one], A), {}, View("en"), {})
    assert found is not None

    assert len(found.above) == 6
    assert ID["x/last"].value.rpartition("/")[2] in {each.name.rpartition("/")[2] for each in found.above}
    assert found.more_above == 5


def test_words_and_evidence_are_no_neighbours() -> None:
    """Concepts, statements, parts and what is elsewhere are not drawn."""
    others = [ID["concept/stage/existing"], ID["body/a#part"], NamedNode("urn:x"), PF.Platform]
    triples = [Triple(A, PF.partner, other) for other in others]
    triples.append(Triple(A, PF.statedIn, ID["statement/x"]))

    assert neighbours(triples, A) == ([], [])


@pytest.mark.parametrize(("text", "shown"), [("鳥取市", "鳥取市"), ("鳥取市役所", "鳥取…"), ("Tottori", "Totto…")])
def test_a_name_is_cut_by_its_width(text: str, shown: str) -> None:
    """A Japanese character is twice as wide as a Latin one, and what is cut ends in dots."""
    assert cut(text, 6) == shown


# ---- what is like it


def test_an_undertaking_is_like_those_it_shares_most_with(shipped: Client) -> None:
    """What is alike comes with what both have, the most first."""
    told = words(section(shipped, "/doc/initiative/041009-2023-02", "alike"))
    shared = [len(each.split("、")) for each in re.findall(r"共通: ([^ ]+)", told)]

    assert shared
    assert shared == sorted(shared, reverse=True)
    assert "相談" in told


def test_what_is_alike_but_only_intended_says_so(shipped: Client) -> None:
    """Beside an existing undertaking, one that is planned is marked as planned."""
    paths = [f"/doc/initiative/{key}" for key in ("312011-2023-02", "041009-2023-02", "041009-2023-01")]
    found = "".join(section(shipped, path, "alike") for path in paths)
    marked = {
        thing: 'class="stage stage-' in rest
        for thing, rest in re.findall(r'<a href="/doc/(initiative/[^"]+)">.*?</a>(.*?)</li>', found, re.DOTALL)
    }
    query = f"SELECT ?x {{ ?x <{PF.stage.value}> <{ID['concept/stage/existing'].value}> }}"
    rows = shipped.get("/sparql", "application/sparql-results+json", params={"query": query}).json()
    existing = {row["x"]["value"].removeprefix(str(ID)) for row in rows["results"]["bindings"]}

    assert {*marked.values()} == {True, False}
    assert marked == {thing: thing not in existing for thing in marked}


def test_a_core_city_is_like_the_other_core_city(shipped: Client) -> None:
    """Cities that took part in the same year are alike by their type."""
    told = words(section(shipped, "/doc/government/312011", "alike", "en"))

    assert told.startswith("Like this Fukuyama City both:")


def test_what_cannot_be_compared_has_no_such_section(shipped: Client) -> None:
    """A fiscal year or a document is like nothing, and the page does not say so."""
    assert section(shipped, "/doc/fy/2023", "alike") == ""
