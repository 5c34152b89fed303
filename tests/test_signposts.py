"""Typed links on every document (FAIR Signposting), pages of what points somewhere, and the way for crawlers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from pyoxigraph import Literal, RdfFormat, Triple, parse

from pfgraph.namespaces import GRAPH, ID, PF, RDF, RDFS
from pfgraph.web.documents import INCOMING
from sites import Client, publish, serving

PLATFORM = "/doc/platform/312011-1"
Link = tuple[str, str, str]


def links(client: Client, path: str, accept: str) -> list[Link]:
    """Return the links of an answer: relation, target, media type."""
    header = client.get(path, accept).headers["link"]
    found = re.findall(r'<([^>]*)>; rel="([^"]*)"(?:; type="([^"]*)")?', header)
    return [(rel, target, kind) for target, rels, kind in found for rel in rels.split()]


def of(found: list[Link], rel: str) -> dict[str, str]:
    """Return the targets of a relation, with their types."""
    return {target: kind for name, target, kind in found if name == rel}


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", "application/ld+json", "text/csv"])
def test_every_form_says_who_it_is_and_on_which_terms(shipped: Client, accept: str) -> None:
    """How to cite it, under which licence, by whom, and what kind of thing it is about."""
    found = links(shipped, PLATFORM, accept)

    assert of(found, "cite-as").keys() == {ID["platform/312011-1"].value}
    assert [urlsplit(target).path for target in of(found, "license")] == ["/licenses/by/4.0/"]
    assert len(of(found, "author")) == 1
    assert PF.Platform.value in of(found, "type")


def test_a_page_leads_to_all_its_forms(shipped: Client) -> None:
    """A landing page names its metadata and its content, each with its media type."""
    found = links(shipped, PLATFORM, "text/html")

    assert of(found, "alternate")[f"http://test{PLATFORM}.csv"] == "text/csv"
    assert of(found, "item")[f"http://test{PLATFORM}.nt"] == "application/n-triples"
    assert set(of(found, "describedby").values()) == {"text/turtle", "application/ld+json"}
    assert any(target.endswith("/AboutPage") for target in of(found, "type"))


def test_content_leads_back_to_its_page(shipped: Client) -> None:
    """What a machine gets names the page about the thing, and the collection it is of."""
    found = links(shipped, PLATFORM, "text/turtle")

    assert of(found, "describes") == {f"http://test{PLATFORM}": "text/html"}
    assert of(found, "collection").keys() >= {f"http://test{PLATFORM}", "http://test/collections/OperatingPlatform"}


def test_json_ld_leads_to_its_schema(shipped: Client) -> None:
    """JSON-LD names the JSON Schema it keeps to."""
    found = links(shipped, "/doc/statement/312011-2023-01", "application/ld+json")

    assert of(found, "describedby")["http://test/schema/Statement.json"] == "application/schema+json"


def test_a_collection_leads_to_its_items(shipped: Client) -> None:
    """A page of a collection links to the things on it, and to the next page."""
    found = links(shipped, "/collections/Statement?limit=2", "text/html")

    assert len(of(found, "item")) == 2
    assert len(of(found, "next")) == 1


@pytest.mark.parametrize("path", [PLATFORM, "/ns", "/shapes", "/graph/data/areas", "/prefix/pf", "/query/participants"])
def test_every_link_to_another_form_holds(shipped: Client, path: str) -> None:
    """What is said to be an alternate of some type is there, and of that type."""
    found = of(links(shipped, path, "text/turtle"), "alternate")
    kinds = {
        target: shipped.get(target, "image/png", follow_redirects=True).headers["content-type"] for target in found
    }

    assert {kind.partition(";")[0] for kind in found.values()} > {"text/html", "text/csv"}
    assert all(kinds[target].startswith(kind) for target, kind in found.items())


@pytest.fixture(scope="module")
def popular(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of a site in which very many things point at one."""
    home = tmp_path_factory.mktemp("popular")
    hub = ID["thing/hub"]
    spokes = [ID[f"thing/spoke-{n:04}"] for n in range(2 * INCOMING + 1)]
    triples = [Triple(hub, RDF.type, PF.Programme), Triple(hub, RDFS.label, Literal("中心", language="ja"))]
    triples += [Triple(spoke, PF.programme, hub) for spoke in spokes]
    triples += [Triple(spoke, RDFS.label, Literal(f"{n}番", language="ja")) for n, spoke in enumerate(spokes)]
    publish(home, {GRAPH["data/x"].value: triples})
    with serving(home) as client:
        yield client


def page(client: Client, number: int, accept: str = "text/turtle") -> set[Triple]:
    """Return what a page of the document about the hub says."""
    syntax = {"text/turtle": RdfFormat.TURTLE, "application/n-triples": RdfFormat.N_TRIPLES}[accept]
    body = client.get(f"/doc/thing/hub?page={number}", accept).content
    return {quad.triple for quad in parse(body, syntax)}


def pointing(triples: set[Triple]) -> set[object]:
    """Return what points at the hub."""
    return {t.subject for t in triples if t.predicate == PF.programme}


def test_what_points_somewhere_comes_in_pages(popular: Client) -> None:
    """Of many incoming links each page has some, with their names; all pages together have all, once."""
    pages = [page(popular, number) for number in (1, 2, 3)]
    counts = [len(pointing(each)) for each in pages]

    assert counts == [INCOMING, INCOMING, 1]
    assert len(set().union(*map(pointing, pages))) == 2 * INCOMING + 1
    assert all(
        any(t.subject == s and t.predicate == RDFS.label for t in each) for each in pages for s in pointing(each)
    )


def test_pages_are_the_same_in_every_form(popular: Client) -> None:
    """The second page is the same graph in another syntax."""
    assert page(popular, 2, "application/n-triples") == page(popular, 2)


def test_pages_lead_to_each_other(popular: Client) -> None:
    """Links lead to the next and to the previous page, for machines and for readers, and not beyond the last."""
    found = links(popular, "/doc/thing/hub?page=2", "text/html")
    text = popular.get("/doc/thing/hub?page=2", "text/html").text

    assert of(found, "next").keys() == {"http://test/doc/thing/hub?page=3"}
    assert of(found, "prev").keys() == {"http://test/doc/thing/hub"}
    assert 'href="/doc/thing/hub?page=3"' in text
    assert popular.get("/doc/thing/hub?page=4").status_code == 404


def test_every_form_of_a_page_is_of_that_page(popular: Client) -> None:
    """The link to another form of the second page leads to the second page in that form."""
    found = of(links(popular, "/doc/thing/hub?page=2", "text/html"), "alternate")

    assert "http://test/doc/thing/hub.nt?page=2" in found


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "1e3"])
def test_a_page_has_a_number(shipped: Client, number: str) -> None:
    """What is no number of a page is the client's mistake."""
    assert shipped.get(f"{PLATFORM}?page={number}").status_code == 400


def test_the_first_page_leads_machines_to_the_catalogue(shipped: Client) -> None:
    """Whoever asks the site itself for RDF is sent to the catalogue."""
    response = shipped.get("/", "text/turtle")

    assert (response.status_code, response.headers["location"]) == (303, "/catalog")


def test_crawlers_are_told_where_to_go(shipped: Client) -> None:
    """robots.txt names the sitemap, and keeps crawlers from answers without end."""
    text = shipped.get("/robots.txt").text

    assert "Disallow: /sparql" in text
    assert "Sitemap: http://test/sitemap.xml" in text


def test_the_sitemap_names_every_thing(shipped: Client) -> None:
    """Every address in the sitemap is there, and everything with an IRI of ours has one."""
    addresses = re.findall("<loc>(.*?)</loc>", shipped.get("/sitemap.xml").text)
    subjects = shipped.get("/sparql?query=SELECT DISTINCT ?s { ?s ?p ?o }", "text/csv").text.splitlines()[1:]
    things = {iri for iri in subjects if iri in ID and "#" not in iri}

    assert things
    assert len(addresses) == len(set(addresses))
    assert {f"http://test/doc/{iri.removeprefix(str(ID))}" for iri in things} <= set(addresses)
    assert all(shipped.get(address, "text/html").status_code == 200 for address in addresses[::25])


def in_schema_org(client: Client, path: str, wanted: str = "<https://schema.org/>") -> httpx.Response:
    """Return the answer to who would rather read JSON-LD in the words of schema.org."""
    fields = {"Accept-Profile": wanted, "Accept-Language": "ja"}
    return client.get(path, "application/ld+json", headers=fields)


def test_a_thing_that_exists_can_be_had_in_the_words_of_schema_org(shipped: Client) -> None:
    """`Accept-Profile` gives what the page embeds for search engines, and says so."""
    ours = shipped.get("/doc/government/312011", "application/ld+json")
    found = in_schema_org(shipped, "/doc/government/312011")
    page = shipped.get("/doc/government/312011", "text/html", headers={"Accept-Language": "ja"}).text

    assert found.json()["@context"] == "https://schema.org/"
    assert found.json()["name"] == "鳥取市"
    assert found.text in page
    assert found.headers["content-profile"] == "<https://schema.org/>"
    assert "content-profile" not in ours.headers
    assert "Accept-Profile" in ours.headers["vary"]
    assert ours.json() != found.json()


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        # Not said to exist, so schema.org has no word for it.
        ("/doc/platform/160008-1", "<https://schema.org/>"),
        ("/doc/government/312011", "<https://schema.org/>;q=0"),
        ("/doc/government/312011", "<urn:example:profile>, nonsense"),
    ],
)
def test_without_a_word_of_schema_org_a_thing_is_told_in_ours(shipped: Client, path: str, wanted: str) -> None:
    """A profile that does not fit, or is not wanted, changes nothing."""
    found = in_schema_org(shipped, path, wanted)

    assert found.json() == shipped.get(path, "application/ld+json").json()
    assert "content-profile" not in found.headers
