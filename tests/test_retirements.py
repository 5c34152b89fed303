"""What was withdrawn says so: 301 to what took its place, or 410 with the reason."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyoxigraph import RdfFormat, parse

from pfgraph.namespaces import GRAPH, ID, OWL
from sites import Client, publish, serving
from trees import triples

DATA = """
<id/thing/old> owl:deprecated true ;
    dcterms:isReplacedBy <id/thing/new> ;
    skos:changeNote "番号を改めた。"@ja , "It was renumbered."@en .
<id/thing/gone> owl:deprecated true ;
    skos:changeNote "二重に登録していた。"@ja , "It was entered twice."@en .
<id/thing/away> owl:deprecated true ;
    dcterms:isReplacedBy <http://example.org/elsewhere> .
<id/thing/trap> owl:deprecated true ;
    dcterms:isReplacedBy <javascript:alert(1)> .
<id/thing/new> rdfs:label "新しいもの"@ja , "The new one"@en .
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of a site with IRIs that were withdrawn."""
    home = tmp_path_factory.mktemp("retired")
    publish(home, {GRAPH["data/retirements"].value: triples(DATA)})
    with serving(home) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/id/thing/old", "http://test/id/thing/new"),
        ("/doc/thing/old", "http://test/doc/thing/new"),
        ("/doc/thing/old.jsonld", "http://test/doc/thing/new.jsonld"),
        ("/id/thing/away", "http://example.org/elsewhere"),
    ],
)
def test_what_was_replaced_leads_to_its_successor(site: Client, path: str, location: str) -> None:
    """301, to the successor's document in the form that was asked for."""
    response = site.get(path)

    assert (response.status_code, response.headers["location"]) == (301, location)


@pytest.mark.parametrize(("language", "reason"), [("ja", "番号を改めた。"), ("en", "It was renumbered.")])
def test_the_reason_is_told(site: Client, language: str, reason: str) -> None:
    """Whoever reads the answer itself learns why, as a page and as problem details."""
    headers = {"Accept-Language": language}

    assert reason in site.get("/doc/thing/old", "text/html", headers=headers).text
    assert reason in site.get("/doc/thing/old", "application/json", headers=headers).json()["detail"]


def test_what_has_no_successor_is_gone(site: Client) -> None:
    """410, with the reason."""
    response = site.get("/doc/thing/gone", "text/html")

    assert response.status_code == 410
    assert "二重に登録していた。" in response.text


def test_a_machine_gets_the_graph_of_what_is_gone(site: Client) -> None:
    """The body of a 410 says in RDF that the IRI is deprecated, and why."""
    response = site.get("/doc/thing/gone", "text/turtle")
    said = {quad.triple for quad in parse(response.content, RdfFormat.TURTLE)}

    assert response.status_code == 410
    assert {t.predicate for t in said if t.subject == ID["thing/gone"]} >= {OWL.deprecated}


def test_what_is_gone_still_has_a_document(site: Client) -> None:
    """The IRI itself leads to the document that says so."""
    assert site.get("/id/thing/gone").headers["location"] == "/doc/thing/gone"


def test_the_successor_remembers(site: Client) -> None:
    """The document about the successor mentions what it replaced."""
    assert ID["thing/old"].value in site.get("/doc/thing/new", "application/n-triples").text


def test_only_an_address_is_a_successor(site: Client) -> None:
    """Nobody is sent to an IRI that would do something: that thing is gone."""
    response = site.get("/doc/thing/trap", "text/html")

    assert response.status_code == 410
    assert "location" not in response.headers


def test_nothing_of_ours_is_retired_so_far(shipped: Client) -> None:
    """The file of retirements is there, and says that it is empty."""
    text = shipped.get("/graph/data/retirements", "text/html").text

    assert "これまでに廃止したIRIはない" in text
