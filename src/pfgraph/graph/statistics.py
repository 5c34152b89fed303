"""Counts of what a graph holds, as VoID describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple

from pfgraph.namespaces import RDF


@dataclass(frozen=True)
class Statistics:
    """How many triples, subjects, and instances of classes there are, and by which properties they speak."""

    triples: int
    subjects: int
    properties: Counter[NamedNode]
    subjects_of: Counter[NamedNode]
    classes: Counter[NamedNode]
    class_properties: Counter[tuple[NamedNode, NamedNode]]

    def __add__(self, other: Statistics) -> Statistics:
        """Return the counts of two sets of triples that have no subject in common, taken together."""
        return Statistics(
            self.triples + other.triples,
            self.subjects + other.subjects,
            self.properties + other.properties,
            self.subjects_of + other.subjects_of,
            self.classes + other.classes,
            self.class_properties + other.class_properties,
        )

    def __sub__(self, other: Statistics) -> Statistics:
        """Return the counts of a set of triples without those about some of its subjects."""
        return Statistics(
            self.triples - other.triples,
            self.subjects - other.subjects,
            self.properties - other.properties,
            self.subjects_of - other.subjects_of,
            self.classes - other.classes,
            self.class_properties - other.class_properties,
        )


def count(triples: Iterable[Triple]) -> Statistics:
    """Return the counts of a set of triples."""
    by_subject: dict[object, list[Triple]] = {}
    for triple in triples:
        by_subject.setdefault(triple.subject, []).append(triple)
    properties: Counter[NamedNode] = Counter()
    subjects_of: Counter[NamedNode] = Counter()
    classes: Counter[NamedNode] = Counter()
    class_properties: Counter[tuple[NamedNode, NamedNode]] = Counter()
    for spoken in by_subject.values():
        used = Counter(triple.predicate for triple in spoken)
        types = [t.object for t in spoken if t.predicate == RDF.type and isinstance(t.object, NamedNode)]
        properties.update(used)
        subjects_of.update(used.keys())
        classes.update(types)
        for type_ in types:
            for predicate, times in used.items():
                class_properties[type_, predicate] += times
    return Statistics(sum(properties.values()), len(by_subject), properties, subjects_of, classes, class_properties)
