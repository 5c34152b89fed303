"""What the shapes say that a thing of a class has: its properties in order, each with its constraints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import RDF, RDFS, SH

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal | Triple
_LAST = 1000.0


@dataclass(frozen=True)
class Property:
    """A property of a class: the shapes that speak of it, and what they say of its number of values."""

    path: NamedNode
    shapes: Sequence[Node]
    min_count: int
    max_count: int | None
    name: Text
    description: Text | None
    place: tuple[float, float]


class Shapes:
    """The node shapes, property shapes and classes of a graph."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._said: dict[Value, dict[NamedNode, list[Value]]] = {}
        for triple in triples:
            by_predicate = self._said.setdefault(triple.subject, {})
            by_predicate.setdefault(triple.predicate, []).append(triple.object)

    def values(self, node: Value, predicate: NamedNode) -> list[Value]:
        """Return the values of a property of a node, sorted."""
        return sorted(self._said.get(node, {}).get(predicate, ()), key=str)

    def value(self, node: Value, predicate: NamedNode) -> Value | None:
        """Return the one value of a property of a node, or None."""
        return next(iter(self.values(node, predicate)), None)

    def text(self, node: Value, predicate: NamedNode) -> Text | None:
        """Return the Japanese and the English value of a property of a node, or None."""
        found = [value for value in self.values(node, predicate) if isinstance(value, Literal)]
        texts = {value.language: value.value for value in found}
        return Text(texts["ja"], texts["en"]) if {"ja", "en"} <= texts.keys() else None

    def members(self, head: Value | None) -> list[Value]:
        """Return the members of an RDF list."""
        found: list[Value] = []
        while head is not None and head != RDF.nil:
            found += self.values(head, RDF.first)
            head = self.value(head, RDF.rest)
        return found

    def number(self, node: Value, predicate: NamedNode) -> int | None:
        """Return the integer that is the value of a property of a node, or None."""
        found = self.value(node, predicate)
        return int(found.value) if isinstance(found, Literal) else None

    def with_ancestors(self, type_: NamedNode) -> list[NamedNode]:
        """Return a class and all that it is a subclass of."""
        found, left = [type_], [type_]
        while left:
            above = [v for v in self.values(left.pop(), RDFS.subClassOf) if isinstance(v, NamedNode) and v not in found]
            found += above
            left += above
        return found

    def with_descendants(self, type_: NamedNode) -> list[NamedNode]:
        """Return a class and, sorted, all that are subclasses of it."""
        below = {node for node in self._said if isinstance(node, NamedNode) and type_ in self.with_ancestors(node)}
        return [type_, *sorted(below - {type_}, key=str)]

    def properties(self, type_: NamedNode) -> list[Property]:
        """Return the properties of a class and of the classes above it, in the order of their groups and their own."""
        targets = set(self.with_ancestors(type_))
        by_path: dict[NamedNode, list[Node]] = {}
        for shape, said in self._said.items():
            if targets & {*said.get(SH.targetClass, ())} or said.get(SH.targetSubjectsOf):
                for each in cast(list[Node], self.values(shape, SH.property)):
                    if isinstance(path := self.value(each, SH.path), NamedNode):
                        by_path.setdefault(path, []).append(each)
        found = [self._property(path, sorted(shapes, key=str)) for path, shapes in by_path.items()]
        return sorted(found, key=lambda each: (each.place, each.path.value))

    def _property(self, path: NamedNode, shapes: Sequence[Node]) -> Property:
        least = [self.number(shape, SH.minCount) or 0 for shape in shapes]
        most = [number for shape in shapes if (number := self.number(shape, SH.maxCount)) is not None]
        named = min(shapes, key=self._place)
        return Property(
            path,
            shapes,
            max(least),
            min(most) if most else None,
            self.text(named, SH.name) or Text(path.value, path.value),
            next((text for shape in shapes if (text := self.text(shape, SH.description))), None),
            self._place(named),
        )

    def _place(self, shape: Node) -> tuple[float, float]:
        group = self.value(shape, SH.group)
        ranks = (self.value(node, SH.order) for node in (group, shape) if node is not None)
        order = [float(rank.value) if isinstance(rank, Literal) else _LAST for rank in ranks]
        return (order[0], order[1]) if len(order) == 2 else (_LAST, order[0])
