"""By how much a change moves the numbers that a release says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Store, Triple

from pfgraph.graph import linksets, metadata, partitions, statistics
from pfgraph.graph.assertions import dataset_iri, local
from pfgraph.graph.statistics import Statistics
from pfgraph.namespaces import RDF, VOID
from pfgraph.publish.journal import DEFAULT

# A number of the description: whose it is, and by which property.
Number = tuple[NamedNode, NamedNode]


@dataclass(frozen=True)
class Tally:
    """How far each number moves, and what else is said of the parts that the numbers belong to."""

    moved: Counter[Number]
    described: frozenset[Triple]


def tally(old: Store, new: Store, changed: Iterable[Triple]) -> Tally:
    """Return how far the numbers move from the default graph of one store to that of another.

    Every number is a sum over subjects, but for what a property leads to: that also depends on the classes of the
    values, and so moves with the subjects that lead to a node whose classes changed.
    """
    triples = list(changed)
    subjects = {triple.subject for triple in triples}
    typed = {triple.subject for triple in triples if triple.predicate == RDF.type}
    leading = subjects | {quad.subject for node in typed for store in (old, new) for quad in _leading(store, node)}
    moved: Counter[Number] = Counter()
    described: set[Triple] = set()
    for store, sign in ((old, -1), (new, 1)):
        counted = statistics.count(_about(store, subjects))
        for number, size in _numbers(counted):
            moved[number] += sign * size
        own = set(_about(store, leading))
        around = own | {t for each in own for t in _types(store, each.object)}
        for triple in (*partitions.values(around, leading), *linksets.links(own)):
            if triple.predicate == VOID.triples and isinstance(triple.subject, NamedNode):
                moved[triple.subject, triple.predicate] += sign * int(str(triple.object.value))  # type: ignore[union-attr]
            else:
                described.add(triple)
    return Tally(Counter({number: size for number, size in moved.items() if size}), frozenset(described))


def _numbers(found: Statistics) -> Iterator[tuple[Number, int]]:
    whole = dataset_iri()
    yield (whole, VOID.triples), found.triples
    yield (whole, VOID.distinctSubjects), found.subjects
    for predicate, times in found.properties.items():
        part = dataset_iri(f"property/{local(predicate)}")
        yield (part, VOID.triples), times
        yield (part, VOID.distinctSubjects), found.subjects_of[predicate]
    for type_, entities in found.classes.items():
        yield (dataset_iri(f"class/{local(type_)}"), VOID.entities), entities
    for (type_, predicate), times in found.class_properties.items():
        yield (dataset_iri(f"class/{local(type_)}/property/{local(predicate)}"), VOID.triples), times


def is_additional(number: Number) -> bool:
    """Whether a number is one of those that `metadata.counts` does not give."""
    return not metadata.counted(Triple(number[0], number[1], Literal(0)))


def _about(store: Store, subjects: Iterable[object]) -> Iterator[Triple]:
    for subject in subjects:
        if isinstance(subject, NamedNode | BlankNode):
            for quad in store.quads_for_pattern(subject, None, None, DEFAULT):
                yield quad.triple


def _leading(store: Store, node: object) -> Iterator[Quad]:
    if isinstance(node, NamedNode | BlankNode):
        yield from store.quads_for_pattern(None, None, node, DEFAULT)


def _types(store: Store, node: object) -> Iterator[Triple]:
    if isinstance(node, NamedNode | BlankNode):
        for quad in store.quads_for_pattern(node, RDF.type, None, DEFAULT):
            yield quad.triple
