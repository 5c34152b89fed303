"""To what the properties of a class lead: the classes and datatypes of their values, as VoID describes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph.assertions import about, dataset_iri, local
from pfgraph.namespaces import ID, RDF, VOID, Namespace

VOIDEXT = Namespace("voidext")
VALUES = "values/"


def values(triples: Iterable[Triple], subjects: Container[object] | None = None) -> Iterator[Triple]:
    """Return, for the classes of the things that are described, to what classes and datatypes a property leads.

    Editors that complete queries read this: class, property, class of the value or its datatype. With `subjects`, only
    what is said of them counts; the other triples tell the classes of values.
    """
    every = list(triples)
    types: dict[object, list[NamedNode]] = {}
    for triple in every:
        if triple.predicate == RDF.type and isinstance(triple.object, NamedNode):
            types.setdefault(triple.subject, []).append(triple.object)
    classes: Counter[tuple[NamedNode, NamedNode, NamedNode]] = Counter()
    datatypes: Counter[tuple[NamedNode, NamedNode, NamedNode]] = Counter()
    for triple in every:
        if not isinstance(triple.subject, NamedNode) or triple.subject.value not in ID:
            continue
        if subjects is not None and triple.subject not in subjects:
            continue
        for type_ in types.get(triple.subject, ()):
            if isinstance(triple.object, Literal):
                datatypes[type_, triple.predicate, triple.object.datatype] += 1
            else:
                classes.update((type_, triple.predicate, each) for each in types.get(triple.object, ()))
    for (type_, predicate, found), times in classes.items():
        node = dataset_iri(f"{VALUES}{local(type_)}/{local(predicate)}/{local(found)}")
        yield from about(_place(type_, predicate), VOID.classPartition, node)
        yield from about(node, VOID["class"], found)
        yield from about(node, VOID.triples, Literal(times))
    for (type_, predicate, found), times in datatypes.items():
        node = dataset_iri(f"{VALUES}{local(type_)}/{local(predicate)}/{local(found)}")
        yield from about(_place(type_, predicate), VOIDEXT.datatypePartition, node)
        yield from about(node, VOIDEXT.datatype, found)
        yield from about(node, VOID.triples, Literal(times))


def _place(type_: NamedNode, predicate: NamedNode) -> NamedNode:
    return dataset_iri(f"class/{local(type_)}/property/{local(predicate)}")
