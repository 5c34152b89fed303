"""What a dataset leads to: links to other datasets, the vocabularies it speaks, things to begin with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph.assertions import about, dataset_iri, literals, local, own
from pfgraph.messages import Text
from pfgraph.namespaces import ID, PF, RDF, RDFS, VOID, base_iri, prefixes

LINKS = "linkset/"
# A reader who wants to see what there is begins with one of each.
SHOWN = (PF.Platform, PF.Municipality, PF.Initiative, PF.ProgrammeParticipation, PF.Statement)


def links(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Return the linksets of the things described: by property, and by the dataset that the values are in."""
    found: Counter[tuple[NamedNode, str]] = Counter()
    for triple in triples:
        value = triple.object
        if triple.predicate == RDF.type or not isinstance(value, NamedNode) or value.value.startswith(base_iri()):
            continue
        prefix = _prefix(value.value)
        if prefix and isinstance(triple.subject, NamedNode) and triple.subject.value in ID:
            found[triple.predicate, prefix] += 1
    for (predicate, prefix), times in found.items():
        node, target = dataset_iri(f"{LINKS}{local(predicate)}/{prefix}"), dataset_iri(f"target/{prefix}")
        name = Text(f"{prefix} へのリンク", f"Links to {prefix}")
        yield from about(dataset_iri(), VOID.subset, node)
        yield from about(node, RDF.type, VOID.Linkset)
        yield from about(node, RDFS.label, *literals(name))
        yield from about(node, VOID.linkPredicate, predicate)
        yield from about(node, VOID.subjectsTarget, dataset_iri())
        yield from about(node, VOID.objectsTarget, target)
        yield from about(node, VOID.triples, Literal(times))
        yield from about(target, RDF.type, VOID.Dataset)
        yield from about(target, VOID.uriSpace, Literal(prefixes()[prefix]))


def vocabularies(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Return the vocabularies whose classes and properties the things described are described with."""
    used: set[str] = set()
    for triple in triples:
        if isinstance(triple.subject, NamedNode) and triple.subject.value in ID:
            used.add(triple.predicate.value)
            if triple.predicate == RDF.type and isinstance(triple.object, NamedNode):
                used.add(triple.object.value)
    spoken = {found for iri in used if (found := vocabulary(iri)) is not None}
    yield from about(dataset_iri(), VOID.vocabulary, *sorted(spoken, key=lambda node: node.value))


def vocabulary(iri: str) -> NamedNode | None:
    """Return the vocabulary, among those that have a prefix here, that a term is of."""
    prefix = _prefix(iri)
    return NamedNode(prefixes()[prefix]) if prefix else None


def examples(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Return a thing of each of the classes a reader begins with, and the page to begin at."""
    first: dict[str, str] = {}
    for triple in triples:
        if triple.predicate == RDF.type and triple.object in SHOWN and isinstance(triple.subject, NamedNode):
            kind, iri = str(triple.object), triple.subject.value
            first[kind] = min(first.get(kind, iri), iri)
    yield from about(dataset_iri(), VOID.exampleResource, *map(NamedNode, sorted(first.values())))
    yield from about(dataset_iri(), VOID.rootResource, own(""))


def _prefix(iri: str) -> str | None:
    """Return the prefix of the longest namespace of ours to speak of that an IRI lies in."""
    fits = [(len(namespace), prefix) for prefix, namespace in prefixes().items() if iri.startswith(namespace)]
    return max(fits)[1] if fits else None
