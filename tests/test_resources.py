"""Every IRI answers, in every form, with the same graph."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyld import jsonld
from pyoxigraph import CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Store, parse

from pfgraph.namespaces import ID, OA, PF, QUERY, RDF, RDFS, shipped_sources
from sites import Client

CONTEXT = json.loads((shipped_sources() / "ontology" / "context.jsonld").read_bytes())
SYNTAXES = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "nq": RdfFormat.N_QUADS,
}
TOTTORI = "/doc/government/312011"
PLATFORM = "/doc/platform/312011-1"


def canonical(body: bytes, syntax: RdfFormat) -> Dataset:
    """Return a body as triples with canonical blank nodes."""
    dataset = Dataset(Quad(q.subject, q.predicate, q.object) for q in parse(body, syntax))
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def expanded(body: bytes) -> Dataset:
    """Return what PyLD reads out of a JSON-LD body."""

    def loader(url: str, _options: object) -> dict[str, Any]:
        assert url == "http://test/context/v1.jsonld"
        # What is static is processed once for all documents.
        return {"contextUrl": None, "documentUrl": url, "document": CONTEXT, "tag": "static"}

    options = {"format": "application/n-quads", "documentLoader": loader}
    return canonical(jsonld.to_rdf(json.loads(body), options).encode(), RdfFormat.N_QUADS)


def resources(client: Client) -> list[str]:
    """Return the paths of the documents about everything that has a name of ours in the release."""
    store = Store.read_only(str(client.app.site.release().store_path))
    subjects = {quad.subject.value for quad in store if isinstance(quad.subject, NamedNode)}
    own = (iri.removeprefix(str(ID)) for iri in subjects if iri in ID)
    return sorted(f"/doc/{key}" for key in own if "#" not in key)


@pytest.mark.parametrize("accept", ["text/html", "text/turtle", None])
def test_what_is_named_leads_to_its_document(shipped: Client, accept: str | None) -> None:
    """An IRI of a thing is no document: 303 to the one about it, whatever is accepted."""
    response = shipped.get("/id/government/312011?lang=en", accept)

    assert response.status_code == 303
    assert response.headers["location"] == f"{TOTTORI}?lang=en"
    assert "Accept" in response.headers["vary"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, "text/turtle; charset=utf-8"),
        ("text/html,*/*;q=0.8", "text/html; charset=utf-8"),
        ("application/ld+json", "application/ld+json"),
        ("application/json", "application/json"),
        ("application/n-triples", "application/n-triples"),
        ("application/rdf+xml", "application/rdf+xml"),
    ],
)
def test_a_document_is_negotiated(shipped: Client, accept: str | None, expected: str) -> None:
    """A document comes in the form that is accepted, Turtle where nothing is said."""
    assert shipped.get(TOTTORI, accept).headers["content-type"] == expected


@pytest.mark.parametrize("suffix", ["ttl", "jsonld", "nt", "rdf", "nq", "trig", "html"])
def test_a_suffix_wins(shipped: Client, suffix: str) -> None:
    """A document is had in a form by its suffix, which is where Content-Location points."""
    response = shipped.get(f"{TOTTORI}.{suffix}", "image/png")

    assert response.status_code == 200
    assert response.headers["content-location"] == f"{TOTTORI}.{suffix}"


@pytest.mark.parametrize("path", [TOTTORI, PLATFORM, "/doc/concept/stage/existing", "/ns", "/graph/data/areas"])
@pytest.mark.parametrize("suffix", SYNTAXES)
def test_all_forms_say_the_same(shipped: Client, path: str, suffix: str) -> None:
    """Every RDF form of a document is the same graph."""
    turtle = canonical(shipped.get(path, "text/turtle").content, RdfFormat.TURTLE)

    assert canonical(shipped.get(f"{path}.{suffix}").content, SYNTAXES[suffix]) == turtle


def test_json_ld_says_what_turtle_says(shipped: Client) -> None:
    """Expanding the JSON-LD of any document gives exactly the graph of its Turtle, for every document."""
    different = [
        path
        for path in [*resources(shipped), "/ns", "/shapes", "/dataset"]
        if expanded(shipped.get(f"{path}.jsonld").content)
        != canonical(shipped.get(f"{path}.ttl").content, RdfFormat.TURTLE)
    ]

    assert different == []


def test_json_ld_is_framed(shipped: Client) -> None:
    """An application finds the thing at the top, with names by language wherever something is mentioned."""
    found = shipped.get(f"{TOTTORI}.jsonld").json()

    assert found["id"] == "government:312011"
    assert found["label"] == {"ja": "鳥取市", "en": "Tottori City"}
    assert found["inPrefecture"]["label"]["ja"] == "鳥取県"


def test_a_document_names_what_it_mentions(shipped: Client) -> None:
    """The labels of all neighbours are in the document."""
    body = shipped.get(f"{PLATFORM}.ttl").content
    triples = {quad.triple for quad in parse(body, RdfFormat.TURTLE)}
    spoken = {triple.subject for triple in triples if triple.predicate in {RDFS.label, PF.summary}}
    lead = {triple.object for triple in triples if triple.predicate == PF.leadGovernment}

    assert lead
    assert lead <= spoken


def test_a_statement_shows_its_place(shipped: Client) -> None:
    """The document of a statement holds the selector that its hash IRI names."""
    body = shipped.get("/doc/statement/312011-2023-01.ttl").content
    predicates = {quad.predicate for quad in parse(body, RdfFormat.TURTLE)}

    assert {OA.start, OA.end} <= predicates


def test_headers_signpost_the_document(shipped: Client) -> None:
    """Link says what this is, how to cite it, and in which other forms there is."""
    link = shipped.get(PLATFORM).headers["link"]

    assert '<https://w3id.org/pfgraph/id/platform/312011-1>; rel="cite-as"' in link
    assert f'<http://test{PLATFORM}.jsonld>; rel="alternate"; type="application/ld+json"' in link
    assert f'<{PF.Platform.value}>; rel="type"' in link


def test_plain_json_says_how_to_read_it(shipped: Client) -> None:
    """JSON that is no JSON-LD by its type links to its context."""
    link = shipped.get(TOTTORI, "application/json").headers["link"]

    assert 'rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"' in link


def test_the_context_never_changes(shipped: Client) -> None:
    """The context has a version in its address and is kept for good."""
    response = shipped.get("/context/v1.jsonld")

    assert response.json() == CONTEXT
    assert response.headers["content-type"] == "application/ld+json"
    assert "immutable" in response.headers["cache-control"]


@pytest.mark.parametrize("path", ["/doc/government/312010", "/doc/government/鳥取市"])
def test_what_is_unknown_has_near_names(shipped: Client, path: str) -> None:
    """A wrong key, or a name in place of a key, is answered with what was perhaps meant."""
    response = shipped.get(path)

    assert response.status_code == 404
    assert "鳥取市" in {each["label"]["ja"] for each in response.json()["near"]}


@pytest.mark.parametrize(
    "path",
    [
        *(
            "/doc/",
            "/doc/%20",
            "/doc/a%00b",
            "/doc/%3E%3Cscript%3E",
            "/doc/..%2F..%2Fetc",
            "/doc/%0d%0aX:%20y",
        ),
        *("/id/%0d%0aX:%20y", "/graph/none", "/graph/", "/nothing", "/query/none", "/doc/" + "a" * 3000),
    ],
)
def test_no_path_is_a_fault(shipped: Client, path: str) -> None:
    """Whatever the path, the answer is found, elsewhere, or not found; and one header stays one header."""
    response = shipped.get(path)

    assert response.status_code in {303, 404}
    assert "x" not in response.headers


def test_the_ontology_describes_its_terms(shipped: Client) -> None:
    """The document at the namespace says what the classes are."""
    body = shipped.get("/ns", "text/turtle").content
    classes = {quad.subject for quad in parse(body, RdfFormat.TURTLE) if quad.predicate == RDF.type}

    assert PF.Platform in classes


def test_terms_have_anchors(shipped: Client) -> None:
    """A term's IRI leads to its place on the page."""
    assert '<article class="entry" id="leadGovernment">' in shipped.get("/ns", "text/html").text


def test_a_query_is_named_too(shipped: Client) -> None:
    """The IRI of a canned query leads a reader to where it is asked, and a machine to what is said of it."""
    response = shipped.get("/query/participants", "text/html")

    assert response.status_code == 303
    assert response.headers["location"] == "/queries/participants"
    assert QUERY["participants"].value in shipped.get("/query/participants", "application/n-triples").text
