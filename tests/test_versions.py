"""The list of releases, and what two of them differ in, for people and for machines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from pfgraph.namespaces import DCAT, GRAPH, ID, PF, RDF, RDFS, SKOS, base_iri
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from sites import Client, publish, serving
from test_pages import Page

CITY, OTHER = ID["government/312011"], ID["government/401005"]


class Versions(NamedTuple):
    """A client of a site with two releases, which call a city otherwise."""

    client: Client
    old: Release
    new: Release

    @property
    def path(self) -> str:
        """Where their difference is."""
        return f"/releases/{self.old.id}..{self.new.id}"


def released(home: Path, name: str, *more: Triple) -> Release:
    """Publish a release in which the city has an English name."""
    said = [
        Triple(CITY, RDF.type, PF.Municipality),
        Triple(CITY, RDFS.label, Literal("鳥取市", language="ja")),
        Triple(CITY, RDFS.label, Literal(name, language="en")),
        Triple(PF.Municipality, RDFS.label, Literal("市区町村", language="ja")),
        Triple(PF.Municipality, RDFS.label, Literal("Municipality", language="en")),
        Triple(RDFS.label, RDFS.label, Literal("名称", language="ja")),
        Triple(RDFS.label, RDFS.label, Literal("Name", language="en")),
    ]
    return publish(home, {GRAPH.x.value: [*said, *more]})


@pytest.fixture(scope="module")
def versions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Versions]:
    """Lend a client of a site with two releases."""
    home: Path = tmp_path_factory.mktemp("home")
    old = released(home, "<Tottori>")
    evil = Literal("<script>", language="ja")
    more = [Triple(OTHER, RDF.type, PF.Municipality), Triple(OTHER, SKOS.note, evil)]
    new = released(home, "Tottori City", *more)
    Shelf(home).keepsakes.tag("v1", old.id)
    with serving(home) as client:
        yield Versions(client, old, new)


def told(versions: Versions, about: str, language: str = "ja") -> str:
    """Return the page about what changed for something, as words."""
    headers = {"Accept-Language": language}
    text = versions.client.get(versions.path, "text/html", params={"about": about}, headers=headers).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", text))


def test_the_feed_has_an_entry_for_each_release(versions: Versions) -> None:
    """Atom: the newest first, each with its permanent IRI."""
    text = versions.client.get("/releases", "application/atom+xml").text
    found = [each.text for each in ElementTree.fromstring(text).iter() if each.tag.endswith("}id")]

    assert found[1:] == [f"{base_iri()}releases/{each.id}" for each in (versions.new, versions.old)]


@pytest.mark.parametrize(("form", "syntax"), [("ttl", RdfFormat.TURTLE), ("nt", RdfFormat.N_TRIPLES)])
def test_releases_are_versions_of_the_dataset(versions: Versions, form: str, syntax: RdfFormat) -> None:
    """RDF: each release is a version, and one is the current one."""
    body = versions.client.get("/releases", params={"format": form}).content
    found = {(quad.predicate, quad.object) for quad in parse(body, syntax)}
    current = NamedNode(f"{base_iri()}releases/{versions.new.id}")

    assert (DCAT.hasCurrentVersion, current) in found
    assert sum(predicate == DCAT.hasVersion for predicate, _ in found) == 2


@pytest.mark.parametrize(
    ("form", "following", "listed"),
    [
        ("html", r'rel="next" href="([^"]*)"', r'<th scope="row"><a href="/releases/(\w+)"'),
        ("atom", r'rel="next" type="application/atom\+xml" href="([^"]*)"', r"<id>[^<]*/releases/(\w+)</id>"),
    ],
)
def test_a_long_list_comes_in_parts(
    versions: Versions, monkeypatch: pytest.MonkeyPatch, form: str, following: str, listed: str
) -> None:
    """The page and the feed lead from the newest releases to the earlier ones, and end there."""
    monkeypatch.setattr("pfgraph.web.archive._ON_A_PAGE", 1)
    first = versions.client.get(f"/releases?format={form}").text
    (more,) = re.findall(following, first)
    # A reader's own choice of a form goes with Accept.
    last = versions.client.get(unescape(more), "text/html" if form == "html" else "*/*").text

    assert re.findall(listed, first) == [versions.new.id]
    assert re.findall(listed, last) == [versions.old.id]
    assert re.findall(following, last) == []


def test_a_list_ends(versions: Versions) -> None:
    """Before the first release there is none, and before what is none there is none either."""
    for after in (versions.old.id, "x"):
        assert versions.client.get("/releases", "text/html", params={"after": after}).status_code == 404
    assert len(versions.client.get("/releases", "application/json").json()) == 2


def test_releases_come_as_json_ld(versions: Versions) -> None:
    """JSON-LD: the same, with the context of the site."""
    found = versions.client.get("/releases", "application/ld+json").json()

    assert found["@context"].endswith("/context/v1.jsonld")
    assert versions.old.id in json.dumps(found)


def test_the_list_says_what_is_kept(versions: Versions) -> None:
    """A tag is shown beside its release, on the list as well as on its own page."""
    for path in ("/releases", f"/releases/{versions.old.id}"):
        assert "v1" in versions.client.get(path, "text/html").text


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("about", ["", "鳥取市", "<b>"])
def test_a_page_of_changes_is_well_made(versions: Versions, about: str, language: str) -> None:
    """Without script, with every element closed, and nothing in the data becomes markup."""
    headers = {"Accept-Language": language}
    response = versions.client.get(versions.path, "text/html", params={"about": about}, headers=headers)
    page = Page(response.text)

    assert page.open == []
    assert len(page.all("h1")) == 1
    assert not page.all("script")
    assert page.all("html") == [{"lang": language}]


@pytest.mark.parametrize("about", ["鳥取市", "Tottori City", "312011", CITY.value])
def test_what_changed_for_a_city_is_told_in_words(versions: Versions, about: str) -> None:
    """By name in either language, code or IRI: what was, and what is."""
    text = told(versions, about)

    assert "鳥取市について変わったこと" in text
    assert "「名称」が &lt;Tottori&gt; から Tottori City に変わりました。" in text
    assert "401005" not in text


def test_the_words_are_english_too(versions: Versions) -> None:
    """The same in English."""
    assert "Name was &lt;Tottori&gt;, is now Tottori City." in told(versions, "312011", "en")


def test_what_nobody_knows_is_said(versions: Versions) -> None:
    """A name that neither release has is told apart from one for which nothing changed."""
    assert "どちらの版にもありません" in told(versions, "松江市")
    assert "変わったことはありません" in told(versions, RDFS.label.value)


def test_a_difference_comes_as_a_patch(versions: Versions) -> None:
    """Without a wish it is the patch, which is for ever the same."""
    response = versions.client.get(versions.path)

    assert response.headers["content-type"] == "application/rdf-patch"
    assert "immutable" in response.headers["cache-control"]
    assert f'D <{CITY.value}> <{RDFS.label.value}> "<Tottori>"@en .' in response.text.split("\n")


def test_a_difference_comes_as_counts(versions: Versions) -> None:
    """JSON: how many quads and, by class, how many things."""
    found = versions.client.get(versions.path, "application/json").json()

    assert found["classes"][PF.Municipality.value] == {"added": 1, "removed": 0, "changed": 1}
    assert found["quads"] == {"removed": 2, "added": 6}


def test_the_difference_the_other_way_round_is_its_mirror(versions: Versions) -> None:
    """From the later release to the earlier one, what was added is removed."""
    path = f"/releases/{versions.new.id}..{versions.old.id}"
    found = versions.client.get(path, "application/json").json()

    assert found["quads"] == {"removed": 6, "added": 2}


@pytest.mark.parametrize("end", ["0123456789abcdef", "x", "..", "%2e%2e"])
def test_an_unknown_release_has_no_difference(versions: Versions, end: str) -> None:
    """Both ends have to be releases."""
    assert versions.client.get(f"/releases/{versions.old.id}..{end}").status_code == 404
