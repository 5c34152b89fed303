"""What a release says of itself, in its own default graph: DCAT, VoID, PROV, and its queries.

Every number is what the same question put to the release answers, these triples included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.graph import statistics
from pfgraph.graph.dataset import DERIVED, RULES, Dataset
from pfgraph.graph.statistics import Statistics
from pfgraph.messages import Text
from pfgraph.namespaces import (
    DCAT,
    DCTERMS,
    GRAPH,
    ID,
    PROV,
    QUERY,
    RDF,
    RDFS,
    SD,
    SH,
    VOID,
    XSD,
    Namespace,
    base_iri,
    compact,
)
from pfgraph.sources.queries import CannedQuery
from pfgraph.sources.tree import SourceTree

METADATA = "metadata"
# The whole is licensed and published as its catalogue is.
CATALOG = "data/catalog"
SPDX = Namespace("spdx")
SCHEMA = Namespace("schema")

_Term = NamedNode | BlankNode | Literal | Triple
_TITLE = Text(
    "地方版孤独・孤立対策官民連携プラットフォームのデータセット",
    "Dataset on local platforms against loneliness",
)
_DESCRIPTION = Text(
    "どの地方公共団体が、いつ、誰と、何をしているか。出典の記述ごとに根拠を示す。",
    "Which local governments take part, when, with whom, doing what; each fact with the statement it rests on.",
)
_DERIVATION = Text("規則による導出", "Derivation by the rules")
_FORMS = {"SELECT": "Select", "ASK": "Ask", "CONSTRUCT": "Construct", "DESCRIBE": "Describe"}


def with_metadata(dataset: Dataset, tree: SourceTree) -> Dataset:
    """Return the dataset with graph/metadata, whose counts include themselves."""
    said = metadata = frozenset(_said(dataset, tree))
    subjects = {triple.subject for triple in said}
    shared = frozenset(triple for triple in dataset.default_graph if triple.subject in subjects)
    rest = statistics.count(dataset.default_graph - shared)
    sizes = {iri: len(triples) for iri, triples in dataset.graphs.items()}
    # Which classes and properties there are settles first, then how often; numbers change no count.
    while True:
        sizes[GRAPH[METADATA].value] = len(metadata)
        counted = said | frozenset(_counts(rest + statistics.count(shared | metadata), sizes))
        if counted == metadata:
            return dataset.with_graph(GRAPH[METADATA].value, metadata)
        metadata = counted


def dataset_iri(part: str = "") -> NamedNode:
    """Return the IRI of the published dataset, or of a part of its description."""
    return NamedNode(f"{base_iri()}dataset#{part}" if part else f"{base_iri()}dataset")


def _said(dataset: Dataset, tree: SourceTree) -> Iterator[Triple]:
    """Return what is said without counting."""
    whole = dataset_iri()
    yield from _about(whole, RDF.type, VOID.Dataset, DCAT.Dataset, SD.Dataset)
    yield from _about(whole, RDFS.label, *_literals(_TITLE))
    yield from _about(whole, DCTERMS.title, *_literals(_TITLE))
    yield from _about(whole, DCTERMS.description, *_literals(_DESCRIPTION))
    yield from (
        Triple(whole, triple.predicate, triple.object)
        for triple in dataset.default_graph
        if triple.subject == GRAPH[CATALOG] and triple.predicate in {DCTERMS.license, DCTERMS.publisher}
    )
    yield from _about(whole, VOID.sparqlEndpoint, _endpoint())
    yield from _about(whole, VOID.uriSpace, Literal(str(ID)))
    names = [NamedNode(iri) for iri in (*dataset.graphs, GRAPH[METADATA].value)]
    for name in names:
        yield from _about(whole, VOID.subset, name)
        yield from _about(whole, SD.namedGraph, name)
        yield from _about(name, RDF.type, VOID.Dataset, SD.NamedGraph)
        yield from _about(name, SD.name, name)
    yield from _provenance(dataset)
    for query in tree.queries.values():
        yield from _query(query)
    for file, content in tree.served.items():
        yield from _file(file, sha256(content).hexdigest())


def _provenance(dataset: Dataset) -> Iterator[Triple]:
    """Return what the dataset and its derived facts were made from."""
    derived, derivation = GRAPH[DERIVED], dataset_iri("derivation")
    sources = [NamedNode(iri) for iri in dataset.graphs if iri not in {derived.value, GRAPH[METADATA].value}]
    yield from _about(dataset_iri(), PROV.wasDerivedFrom, *sources)
    if derived.value in dataset.graphs:
        yield from _about(derived, PROV.wasGeneratedBy, derivation)
        yield from _about(derived, PROV.wasDerivedFrom, *sources)
        yield from _about(derivation, RDF.type, PROV.Activity)
        yield from _about(derivation, RDFS.label, *_literals(_DERIVATION))
        yield from _about(derivation, PROV.used, GRAPH[RULES])


def _query(query: CannedQuery) -> Iterator[Triple]:
    """Return a query as an example that SPARQL editors find."""
    node = QUERY[query.name]
    form = _FORMS[query.form]
    yield from _about(node, RDF.type, SH.SPARQLExecutable, SH[f"SPARQL{form}Executable"])
    yield from _about(node, RDFS.label, *_literals(query.title))
    yield from _about(node, RDFS.comment, *_literals(query.description))
    yield from _about(node, SH[form.lower()], Literal(query.text))
    yield from _about(node, SH.prefixes, NamedNode(f"{base_iri()}ns"))
    yield from _about(node, SCHEMA.target, _endpoint())
    yield from _about(node, SCHEMA.keywords, *map(Literal, query.tags))


def _file(file: str, digest: str) -> Iterator[Triple]:
    """Return which bytes the release hands out under the name of a file."""
    node, checksum = dataset_iri(f"file/{file}"), dataset_iri(f"checksum/{file}")
    yield from _about(dataset_iri(), DCTERMS.hasPart, node)
    yield from _about(node, RDF.type, SPDX.File)
    yield from _about(node, SPDX.fileName, Literal(file))
    yield from _about(node, SPDX.checksum, checksum)
    yield from _about(checksum, RDF.type, SPDX.Checksum)
    yield from _about(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
    yield from _about(checksum, SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary))


def _counts(found: Statistics, sizes: Mapping[str, int]) -> Iterator[Triple]:
    """Return the VoID statistics of the default graph, and the size of each named graph."""
    whole = dataset_iri()
    yield from _number(whole, VOID.triples, found.triples)
    yield from _number(whole, VOID.distinctSubjects, found.subjects)
    yield from _number(whole, VOID.classes, len(found.classes))
    yield from _number(whole, VOID.properties, len(found.properties))
    for iri, size in sizes.items():
        yield from _number(NamedNode(iri), VOID.triples, size)
    yield from _property_partitions(found)
    yield from _class_partitions(found)


def _property_partitions(found: Statistics) -> Iterator[Triple]:
    for predicate, times in found.properties.items():
        part = dataset_iri(f"property/{_local(predicate)}")
        yield from _about(dataset_iri(), VOID.propertyPartition, part)
        yield from _about(part, VOID.property, predicate)
        yield from _number(part, VOID.triples, times)
        yield from _number(part, VOID.distinctSubjects, found.subjects_of[predicate])


def _class_partitions(found: Statistics) -> Iterator[Triple]:
    for type_, entities in found.classes.items():
        part = dataset_iri(f"class/{_local(type_)}")
        yield from _about(dataset_iri(), VOID.classPartition, part)
        yield from _about(part, VOID["class"], type_)
        yield from _number(part, VOID.entities, entities)
    for (type_, predicate), times in found.class_properties.items():
        part = dataset_iri(f"class/{_local(type_)}/property/{_local(predicate)}")
        yield from _about(dataset_iri(f"class/{_local(type_)}"), VOID.propertyPartition, part)
        yield from _about(part, VOID.property, predicate)
        yield from _number(part, VOID.triples, times)


def _local(term: NamedNode) -> str:
    """Return a short name for a class or property, for use in an IRI."""
    name = compact(term.value)
    return sha256(name.encode()).hexdigest()[:12] if name == term.value else name.replace(":", "-")


def _endpoint() -> NamedNode:
    return NamedNode(f"{base_iri()}sparql")


def _literals(text: Text) -> Iterable[Literal]:
    return Literal(text.ja, language="ja"), Literal(text.en, language="en")


def _number(subject: NamedNode, predicate: NamedNode, number: int) -> Iterator[Triple]:
    yield Triple(subject, predicate, Literal(number))


def _about(subject: NamedNode, predicate: NamedNode, *objects: _Term) -> Iterator[Triple]:
    for value in objects:
        yield Triple(subject, predicate, value)
