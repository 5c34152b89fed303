"""What a release says of itself, in its own default graph: DCAT, VoID, PROV, and its queries.

Every number is what the same question put to the release answers, these triples included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph import linksets, partitions, portal, statistics
from pfgraph.graph.assertions import about, dataset_iri, literals, local, own
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
)
from pfgraph.sources.queries import CannedQuery
from pfgraph.sources.tree import SourceTree

METADATA = "metadata"
SPDX = Namespace("spdx")
SCHEMA = Namespace("schema")

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
        counted = said | frozenset(counts(rest + statistics.count(shared | metadata), sizes))
        if counted == metadata:
            return dataset.with_graph(GRAPH[METADATA].value, metadata)
        metadata = counted


def _said(dataset: Dataset, tree: SourceTree) -> Iterator[Triple]:
    """Return what is said without counting."""
    whole = dataset_iri()
    yield from about(whole, RDF.type, VOID.Dataset, DCAT.Dataset, SD.Dataset)
    yield from about(whole, RDFS.label, *literals(_TITLE))
    yield from about(whole, DCTERMS.title, *literals(_TITLE))
    yield from about(whole, DCTERMS.description, *literals(_DESCRIPTION))
    listed = frozenset(portal.listed(dataset))
    yield from listed
    for described in (linksets.links, linksets.vocabularies, linksets.examples, partitions.values):
        yield from described(dataset.default_graph | listed)
    yield from about(whole, VOID.sparqlEndpoint, own("sparql"))
    yield from about(whole, VOID.uriSpace, Literal(str(ID)))
    names = [NamedNode(iri) for iri in (*dataset.graphs, GRAPH[METADATA].value)]
    for name in names:
        yield from about_graph(name)
    yield from _provenance(dataset)
    for query in tree.queries.values():
        yield from _query(query)
    for file, content in tree.served.items():
        yield from _file(file, sha256(content).hexdigest())


def about_graph(name: NamedNode) -> Iterator[Triple]:
    """Return that a named graph is part of the dataset."""
    yield from about(dataset_iri(), VOID.subset, name)
    yield from about(dataset_iri(), SD.namedGraph, name)
    yield from about(name, RDF.type, VOID.Dataset, SD.NamedGraph)
    yield from about(name, SD.name, name)


def source(name: NamedNode, *, derived: bool) -> Iterator[Triple]:
    """Return that the dataset, and where there are any the derived facts, were made from a named graph."""
    yield from about(dataset_iri(), PROV.wasDerivedFrom, name)
    if derived:
        yield from about(GRAPH[DERIVED], PROV.wasDerivedFrom, name)


def counting() -> frozenset[NamedNode]:
    """Return the properties that only `counts` uses."""
    numbers = {VOID.triples, VOID.distinctSubjects, VOID.classes, VOID.properties, VOID.entities}
    return frozenset({*numbers, VOID.propertyPartition, VOID.classPartition, VOID.property, VOID["class"]})


def counted(triple: Triple) -> bool:
    """Whether a triple is one of those that `counts` gives: what properties lead to is counted elsewhere."""
    others = tuple(dataset_iri(name).value for name in (partitions.VALUES, linksets.LINKS))
    ends = (end.value for end in (triple.subject, triple.object) if isinstance(end, NamedNode))
    return triple.predicate in counting() and not any(end.startswith(others) for end in ends)


def _provenance(dataset: Dataset) -> Iterator[Triple]:
    """Return what the dataset and its derived facts were made from."""
    derived, derivation = GRAPH[DERIVED], dataset_iri("derivation")
    sources = [NamedNode(iri) for iri in dataset.graphs if iri not in {derived.value, GRAPH[METADATA].value}]
    yield from about(dataset_iri(), PROV.wasDerivedFrom, *sources)
    if derived.value in dataset.graphs:
        yield from about(derived, PROV.wasGeneratedBy, derivation)
        yield from about(derived, PROV.wasDerivedFrom, *sources)
        yield from about(derivation, RDF.type, PROV.Activity)
        yield from about(derivation, RDFS.label, *literals(_DERIVATION))
        yield from about(derivation, PROV.used, GRAPH[RULES])


def _query(query: CannedQuery) -> Iterator[Triple]:
    """Return a query as an example that SPARQL editors find."""
    node = QUERY[query.name]
    form = _FORMS[query.form]
    yield from about(node, RDF.type, SH.SPARQLExecutable, SH[f"SPARQL{form}Executable"])
    yield from about(node, RDFS.label, *literals(query.title))
    yield from about(node, RDFS.comment, *literals(query.description))
    yield from about(node, SH[form.lower()], Literal(query.text))
    yield from about(node, SH.prefixes, own("ns"))
    yield from about(node, SCHEMA.target, own("sparql"))
    yield from about(node, SCHEMA.keywords, *map(Literal, query.tags))


def _file(file: str, digest: str) -> Iterator[Triple]:
    """Return which bytes the release hands out under the name of a file."""
    node, checksum = dataset_iri(f"file/{file}"), dataset_iri(f"checksum/{file}")
    yield from about(dataset_iri(), DCTERMS.hasPart, node)
    yield from about(node, RDF.type, SPDX.File)
    yield from about(node, SPDX.fileName, Literal(file))
    yield from about(node, SPDX.checksum, checksum)
    yield from about(checksum, RDF.type, SPDX.Checksum)
    yield from about(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
    yield from about(checksum, SPDX.checksumValue, Literal(digest, datatype=XSD.hexBinary))


def counts(found: Statistics, sizes: Mapping[str, int]) -> Iterator[Triple]:
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
        part = dataset_iri(f"property/{local(predicate)}")
        yield from about(dataset_iri(), VOID.propertyPartition, part)
        yield from about(part, VOID.property, predicate)
        yield from _number(part, VOID.triples, times)
        yield from _number(part, VOID.distinctSubjects, found.subjects_of[predicate])


def _class_partitions(found: Statistics) -> Iterator[Triple]:
    for type_, entities in found.classes.items():
        part = dataset_iri(f"class/{local(type_)}")
        yield from about(dataset_iri(), VOID.classPartition, part)
        yield from about(part, VOID["class"], type_)
        yield from _number(part, VOID.entities, entities)
    for (type_, predicate), times in found.class_properties.items():
        part = dataset_iri(f"class/{local(type_)}/property/{local(predicate)}")
        yield from about(dataset_iri(f"class/{local(type_)}"), VOID.propertyPartition, part)
        yield from about(part, VOID.property, predicate)
        yield from _number(part, VOID.triples, times)


def _number(subject: NamedNode, predicate: NamedNode, number: int) -> Iterator[Triple]:
    yield Triple(subject, predicate, Literal(number))
