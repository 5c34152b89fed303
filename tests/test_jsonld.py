"""JSON-LD says exactly what the triples say, in a shape that applications can rely on."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

from pfgraph.namespaces import DCTERMS, OA, PF, RDF, RDFS, SKOS, XSD, Namespace, expand, shipped_sources
from pfgraph.web.context import FILE, Context
from pfgraph.web.jsonld import dumps, frame

CONTEXT = Context((shipped_sources() / FILE).read_bytes())
ORG = Namespace("org")
URL = "https://example.org/context/v1.jsonld"
TOTTORI = expand("government:312011")
PLATFORM = expand("platform:312011-1")
EXISTING = expand("stage:existing")


def expanded(document: dict[str, Any]) -> Dataset:
    """Return what PyLD, the reference, reads out of a document."""

    def loader(url: str, _options: object) -> dict[str, Any]:
        assert url == URL
        return {"contextUrl": None, "documentUrl": url, "document": json.loads(CONTEXT.source)}

    read = json.loads(dumps(document, URL))
    options = {"format": "application/n-quads", "documentLoader": loader}
    return canonical(quad.triple for quad in parse(jsonld.to_rdf(read, options), RdfFormat.N_QUADS))


def canonical(triples: Iterable[Triple]) -> Dataset:
    """Return triples with canonical blank nodes, so that equality is isomorphism."""
    dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def described() -> list[Triple]:
    """Return a little of everything a document holds."""
    return [
        Triple(TOTTORI, RDF.type, PF.Municipality),
        Triple(TOTTORI, RDF.type, ORG.FormalOrganization),
        Triple(TOTTORI, RDFS.label, Literal("鳥取市", language="ja")),
        Triple(TOTTORI, RDFS.label, Literal("Tottori City", language="en")),
        Triple(TOTTORI, PF.reading, Literal("とっとりし", language="ja-hrkt")),
        Triple(TOTTORI, PF.localGovernmentCode, Literal("312011")),
        Triple(PLATFORM, PF.leadGovernment, TOTTORI),
        Triple(PLATFORM, PF.platformStatus, EXISTING),
        Triple(PLATFORM, PF.stage, EXISTING),
        Triple(PLATFORM, PF.established, Literal("2022-02", datatype=XSD.gYearMonth)),
        Triple(PLATFORM, PF.enumerationComplete, Literal(value=True)),
        Triple(PLATFORM, PF.count, Literal(15)),
        Triple(EXISTING, SKOS.prefLabel, Literal("実施済み・実施中", language="ja")),
    ]


def test_a_document_reads_as_its_triples() -> None:
    """Expanding a framed document gives the triples it was framed from."""
    assert expanded(frame(described(), CONTEXT, TOTTORI.value)) == canonical(described())


def test_the_thing_itself_comes_first() -> None:
    """The root's own members are the document's, under short names and with a map of languages."""
    document = frame(described(), CONTEXT, TOTTORI.value)

    assert document["id"] == "government:312011"
    assert document["type"] == ["Municipality", "org:FormalOrganization"]
    assert document["label"] == {"ja": "鳥取市", "en": "Tottori City"}
    assert document["reading"] == {"ja-hrkt": "とっとりし"}
    assert document["localGovernmentCode"] == "312011"


def test_who_points_here_is_included() -> None:
    """What points at the root stands beside it, and what it leads to is named where it is mentioned."""
    included = frame(described(), CONTEXT, TOTTORI.value)["included"]

    assert [node["id"] for node in included] == ["platform:312011-1"]
    assert included[0]["leadGovernment"] == {"id": "government:312011"}


def test_a_name_stands_at_every_mention() -> None:
    """A concept of which only the name is told is named wherever it is mentioned."""
    platform = frame(described(), CONTEXT, PLATFORM.value)

    assert platform["stage"]["prefLabel"] == platform["platformStatus"]["prefLabel"] == {"ja": "実施済み・実施中"}


def test_the_name_of_a_type_is_kept() -> None:
    """A type is a word where it is used, so what the type is called stands beside the rest."""
    named = Triple(PF.Municipality, RDFS.label, Literal("市区町村", language="ja"))
    triples = [*described(), named]

    assert expanded(frame(triples, CONTEXT, TOTTORI.value)) == canonical(triples)


def test_numbers_and_truth_are_json() -> None:
    """Integers and booleans are what JSON has for them; dates are strings with their precision."""
    platform = frame(described(), CONTEXT, PLATFORM.value)

    assert platform["count"] == 15
    assert platform["enumerationComplete"] is True
    assert platform["established"] == {"type": "xsd:gYearMonth", "@value": "2022-02"}


def test_a_graph_without_a_root_lists_its_nodes() -> None:
    """A constructed graph is a list of nodes in the order of their ids."""
    nodes = frame(described(), CONTEXT)["graph"]

    assert [node["id"] for node in nodes] == ["government:312011", "platform:312011-1"]


def test_equal_graphs_give_equal_bytes() -> None:
    """The order in which triples arrive leaves no trace."""
    backwards = list(reversed(described()))

    assert dumps(frame(described(), CONTEXT), URL) == dumps(frame(backwards, CONTEXT), URL)


def test_lists_are_lists() -> None:
    """An RDF list becomes a JSON-LD list, nested ones too, and reads as the same list."""
    a, b, c = (BlankNode(name) for name in "abc")
    triples = [
        Triple(TOTTORI, PF.covers, a),
        Triple(a, RDF.first, Literal(1)),
        Triple(a, RDF.rest, b),
        Triple(b, RDF.first, c),
        Triple(b, RDF.rest, RDF.nil),
        Triple(c, RDF.first, TOTTORI),
        Triple(c, RDF.rest, RDF.nil),
    ]
    document = frame(triples, CONTEXT, TOTTORI.value)

    assert document["covers"] == [{"@list": [1, {"@list": [{"id": "government:312011"}]}]}]
    assert expanded(document) == canonical(triples)


IRIS = st.sampled_from(
    [
        *(TOTTORI, PLATFORM, EXISTING, PF.Platform, PF.label, RDF.nil, RDF.type),
        *(NamedNode("urn:example:a"), PF["a:b"]),
    ]
)
BLANKS = st.sampled_from([BlankNode(name) for name in ("x", "y", "z")])
PREDICATES = st.sampled_from(
    [
        *(RDF.type, RDF.first, RDF.rest, RDFS.label, SKOS.prefLabel, DCTERMS.title, OA.start),
        *(PF.summary, PF.stage, PF.theme, PF.since, PF.count, PF.reading, PF.sac),
        *(PF.unheardOf, PF["@id"], PF.id, PF.type, PF.government),
        *(NamedNode("urn:example:p"), NamedNode("https://example.org/p")),
    ]
)
WORDS = st.sampled_from(["", "鳥取市", "@id", "<b>", "a:b", "1", "true", "02", "-0", "1e3", '"', "\u202e"])
TAGS = st.sampled_from(["ja", "en", "ja-hrkt"])
# Not xsd:double: PyLD rewrites its lexical form, where JSON-LD 1.1 does so for JSON numbers only.
XSD_TYPES = ("string", "integer", "boolean", "date", "decimal", "positiveInteger", "hexBinary")
TYPES = st.sampled_from([*(XSD[n] for n in XSD_TYPES), NamedNode("urn:example:datatype"), PF.datatype])
LITERALS = st.one_of(
    st.builds(lambda word, tag: Literal(word, language=tag), WORDS, TAGS),
    st.builds(lambda word, kind: Literal(word, datatype=kind), WORDS, TYPES),
)
TRIPLES = st.builds(Triple, st.one_of(IRIS, BLANKS), PREDICATES, st.one_of(IRIS, BLANKS, LITERALS))


@settings(max_examples=200, deadline=None)
@given(st.lists(TRIPLES, max_size=12), st.booleans())
def test_any_graph_survives(triples: list[Triple], rooted: bool) -> None:
    """Whatever the graph, with a root or without, JSON-LD gives it back to the triple."""
    root = TOTTORI.value if rooted else None

    assert expanded(frame(triples, CONTEXT, root)) == canonical(triples)
