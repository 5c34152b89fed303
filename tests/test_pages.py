"""Pages for people: complete without script, in two languages, safe, and with no dead end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.namespaces import GRAPH, ID, PF, RDF, RDFS, XSD, expand
from pfgraph.web.dates import in_words
from pfgraph.web.rendering import View
from sites import Client, publish, serving

PATHS = [
    *("/", "/queries", "/queries/participants", "/queries/government", "/queries/government?code=312011"),
    *("/queries/participants?fiscalYear=soon", "/sparql", "/sparql?query=SELECT+*+%7B%3Fs+%3Fp+1%7D"),
    *("/sparql?query=ASK%7B%7D", "/sparql?query=DESCRIBE+%3Curn:x%3E", "/sparql?query=x"),
    *("/doc/government/312011", "/doc/platform/401005-1", "/doc/statement/312011-2023-01"),
    *("/doc/concept/stage/existing", "/doc/fy/2023", "/doc/none", "/ns", "/graph/data/areas", "/releases", "/problem"),
]
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """What a test wants to know of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element that is open, which has to be this one."""
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of all elements of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def page(client: Client, path: str, language: str = "ja") -> Page:
    """Return a page as a browser gets it."""
    response = client.get(path, "text/html", headers={"Accept-Language": language})

    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return Page(response.text)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_a_page_is_well_made(shipped: Client, path: str, language: str) -> None:
    """A page nests its elements, names its language, and has one heading of the first rank."""
    found = page(shipped, path, language)

    assert found.open == []
    assert found.all("html") == [{"lang": language}]
    assert len(found.all("h1")) == len(found.all("title")) == len(found.all("main")) == 1


@pytest.mark.parametrize("path", PATHS)
def test_a_page_loads_nothing_from_elsewhere(shipped: Client, path: str) -> None:
    """There is no script that runs, no style but our sheet, and the policy says so."""
    response = shipped.get(path, "text/html")
    found = Page(response.text)
    loaded = [link["href"] for link in found.all("link") if link["rel"] == "stylesheet"]

    # What search engines read is data: no browser runs it.
    assert all(script == {"type": "application/ld+json"} for script in found.all("script"))
    assert not found.all("style")
    assert not any("style" in attributes or "onclick" in attributes for _, attributes in found.tags)
    assert [urlsplit(href).path for href in loaded] == ["/static/pfgraph.css"]
    assert "default-src 'self'" in response.headers["content-security-policy"]


@pytest.mark.parametrize("path", PATHS)
def test_every_control_has_a_name(shipped: Client, path: str) -> None:
    """Each field has a label, and ids are unique, so that labels reach them."""
    found = page(shipped, path)
    ids = Counter(attributes["id"] for _, attributes in found.tags if "id" in attributes)
    fields = [a for tag in ("input", "select", "textarea") for a in found.all(tag) if a.get("type") != "hidden"]
    labels = {label.get("for") for label in found.all("label")}

    assert max(ids.values()) == 1
    assert {field["id"] for field in fields} <= labels


@pytest.mark.parametrize("path", PATHS)
def test_the_language_switch_keeps_the_place(shipped: Client, path: str) -> None:
    """The link to the other language leads to the same path with the same parameters."""
    switch = next(a["href"] for a in page(shipped, path).all("a") if a.get("hreflang") == "en")
    before, after = urlsplit(path), urlsplit(switch)

    assert after.path == before.path
    assert parse_qsl(after.query) == [*parse_qsl(before.query), ("lang", "en")]


def test_a_chosen_language_is_kept(shipped: Client) -> None:
    """Whoever chose a language stays in it on every link of ours."""
    links = [urlsplit(a["href"]) for a in page(shipped, "/?lang=en").all("a")]
    pages = [link for link in links if not link.netloc and link.path and "." not in link.path]

    assert pages
    assert all("lang=en" in link.query or "lang=ja" in link.query for link in pages)


@pytest.mark.parametrize("path", ["/", "/queries", "/doc/government/312011", "/sparql", "/releases", "/doc/fy/2023"])
def test_no_link_of_ours_is_dead(shipped: Client, path: str) -> None:
    """Every link on a page to this site has an answer."""
    links = {urljoin(path, a["href"]).partition("#")[0] for a in page(shipped, path).all("a")}
    ours = sorted(link for link in links if link.startswith("/"))
    dead = [link for link in ours if shipped.get(link, "text/html").status_code not in {200, 303}]

    assert dead == []


@pytest.mark.parametrize("path", ["/", "/queries", "/queries/participants", "/sparql", "/doc/government/312011"])
def test_a_page_is_small(shipped: Client, path: str) -> None:
    """A page is at most 60 KB."""
    assert len(shipped.get(path, "text/html").content) <= 60_000


def test_the_style_sheet_is_kept_for_good(shipped: Client) -> None:
    """The sheet's address changes with the sheet, so it need not be asked for again."""
    href = next(a["href"] for a in page(shipped, "/").all("link") if a["rel"] == "stylesheet")
    response = shipped.get(href)

    assert response.status_code == 200
    assert "immutable" in response.headers["cache-control"]


NINE = ["仙台市", "富山県", "北九州市", "福岡市", "座間市", "飯山市", "生駒市", "鳥取市", "福山市"]


@pytest.mark.parametrize("name", NINE)
def test_the_first_page_names_the_participants(shipped: Client, name: str) -> None:
    """Each of the nine participants of FY2023 is on the first page."""
    assert name in shipped.get("/", "text/html").text


def test_the_first_page_leads_to_every_question(shipped: Client) -> None:
    """All queries of the release can be reached from the first page."""
    links = {urlsplit(a["href"]).path for a in page(shipped, "/").all("a")}
    queries = shipped.app.site.release().queries()

    assert {f"/queries/{name}" for name in queries} <= links


def test_an_entity_is_told_in_words(shipped: Client) -> None:
    """The page about a platform has its name, its state, its date with the era, and where it is printed."""
    text = shipped.get("/doc/platform/401005-1", "text/html").text

    for words in (
        "北九州市孤独・孤立対策等連携協議会",
        "✔ 実施済み・実施中",
        "令和4年2月",
        "事実の記述",
        "3ページ",
    ):
        assert words in text


def test_facts_come_in_the_order_of_the_shapes(shipped: Client) -> None:
    """Codes come before the place, as sh:group and sh:order have it, not by the alphabet."""
    text = shipped.get("/doc/government/312011", "text/html").text

    assert text.index("全国地方公共団体コード") < text.index("標準地域コード") < text.index("所属都道府県")


def test_a_form_asks_again_with_what_was_typed(shipped: Client) -> None:
    """A wrong value is shown in its field, marked, beside what is wrong."""
    response = shipped.get("/queries/participants?fiscalYear=soon", "text/html")
    field = next(a for a in Page(response.text).all("input") if a.get("name") == "fiscalYear")

    assert response.status_code == 400
    assert field["value"] == "soon"
    assert "aria-invalid" in field


@pytest.mark.parametrize("path", ["/sparql?query=x", "/doc/none", "/queries/none", "/queries/government", "/none"])
def test_the_type_of_a_problem_has_a_page(shipped: Client, path: str) -> None:
    """Whoever follows the type of a problem learns what it means."""
    kind = shipped.get(path).json()["type"]
    page = shipped.get(urlsplit(kind).path.removeprefix("/pfgraph"))

    assert page.json()[kind.rpartition("/")[2]].keys() == {"status", "ja", "en"}


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7919 * 7907 }}",
    "\u202egnirts",
    "=1+1",
]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of a site whose literals and IRIs mean harm."""
    home: Path = tmp_path_factory.mktemp("hostile")
    thing = ID["thing/1"]
    triples = [Triple(thing, RDF.type, PF.Platform)]
    for n, text in enumerate(HOSTILE):
        triples.append(Triple(thing, RDFS.comment, Literal(text)))
        triples.append(Triple(ID[f"thing/1{n}"], RDFS.label, Literal(text, language="ja")))
        triples.append(Triple(thing, RDFS.seeAlso, ID[f"thing/1{n}"]))
    triples.append(Triple(thing, RDFS.seeAlso, NamedNode("javascript:alert(1)")))
    triples.append(Triple(thing, RDFS.seeAlso, NamedNode("data:text/html,x")))
    publish(home, {GRAPH["data/x"].value: triples})
    with serving(home) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        *("/doc/thing/1", "/graph/data/x", "/doc/thing/10", "/doc/thing/2"),
        *("/sparql?query=SELECT+*+%7B%3Fs+%3Fp+%3Fo%7D", "/sparql?query=%3Cscript%3E", "/%3Cscript%3E"),
    ],
)
def test_hostile_words_stay_words(hostile: Client, path: str) -> None:
    """Whatever the data or the address says, nothing of it becomes markup or a link that does something."""
    text = hostile.get(path, "text/html").text
    found = Page(text)
    links = {urlsplit(a["href"]).scheme for a in found.all("a")}

    assert not found.all("script")
    assert not found.all("img")
    assert links <= {"", "http", "https"}
    assert "62615533" not in text or "{{ 7919 * 7907 }}" in text


def test_a_site_without_our_data_has_a_first_page(hostile: Client) -> None:
    """Where a release has no participants and no queries, the first page still answers."""
    assert hostile.get("/", "text/html").status_code == 200


@pytest.mark.parametrize(
    ("value", "datatype", "ja", "en"),
    [
        ("2022-02", "gYearMonth", "令和4年2月", "February 2022"),
        ("2023-05-09", "date", "令和5年5月9日", "9 May 2023"),
        ("2019", "gYear", "2019年", "2019"),
        ("2020", "gYear", "令和2年", "2020"),
        ("2019-05", "gYearMonth", "令和元年5月", "May 2019"),
        ("2019-04-30", "date", "平成31年4月30日", "30 April 2019"),
        ("1989-01-07", "date", "昭和64年1月7日", "7 January 1989"),
        ("1989-01", "gYearMonth", "1989年1月", "January 1989"),
        ("1868", "gYear", "1868年", "1868"),
        ("2022-13", "gYearMonth", None, None),
        ("2022-02", "date", None, None),
        ("2022-02", "string", None, None),
    ],
)
def test_a_date_is_told_at_its_precision(value: str, datatype: str, ja: str | None, en: str | None) -> None:
    """Years, months and days are told in the era they are in, where they tell which that is."""
    literal = Literal(value, datatype=XSD[datatype])

    assert (in_words(literal, "ja"), in_words(literal, "en")) == (ja, en)


@pytest.mark.parametrize(
    ("iri", "expected"),
    [
        ("government:312011", "/doc/government/312011"),
        ("theme:hikikomori", "/doc/concept/theme/hikikomori"),
        ("pf:stage", "/ns#stage"),
        ("query:participants", "/queries/participants"),
    ],
)
def test_our_names_lead_to_this_host(iri: str, expected: str) -> None:
    """Links are rewritten for display, so that a site works under any host."""
    assert View("ja").link(expand(iri).value) == expected


def test_a_mounted_site_links_to_itself() -> None:
    """Behind a proxy that serves the site below a path, links stay below it."""
    assert View("en", chosen=True, root="/data").href("/ns#stage") == "/data/ns?lang=en#stage"
