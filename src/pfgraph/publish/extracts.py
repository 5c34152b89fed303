"""As much of a graph as it takes to judge some nodes by the shapes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath, ZeroOrMore, ZeroOrOne

from pfgraph.namespaces import RDF, RDFS, SH
from pfgraph.publish.focus import Shapes, Step
from pfgraph.publish.journal import DEFAULT
from pfgraph.publish.reach import Node


class Extract:
    """The triples that were needed so far, and the values of paths, read from a store's default graph."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.triples: set[Triple] = set()

    def about(self, nodes: Iterable[Node], shapes: Shapes) -> set[Triple]:
        """Return all that the shapes look at from some nodes, and what makes these nodes targets."""
        self._match(None, RDFS.subClassOf, None)
        targets = [p for shape in shapes.targeted for p in shapes.graph.objects(shape, SH.targetObjectsOf)]
        for node in nodes:
            self._match(node, None, None)
            for predicate in targets:
                for _ in self._sources(node, predicate):
                    break
            self._follow(node, shapes.steps)
        return self.triples

    def _follow(self, node: Node, steps: list[Step]) -> None:
        for step in steps:
            for value in set(self._values(node, step.path)):
                self._follow(value, step.steps)

    def _values(self, node: Node, path: Any) -> Iterator[Node]:
        match path:
            case InvPath():
                yield from self._inverse(node, path.arg)
            case SequencePath():
                found = {node}
                for each in path.args:
                    found = {value for one in found for value in self._values(one, each)}
                yield from found
            case AlternativePath():
                for each in path.args:
                    yield from self._values(node, each)
            case MulPath():
                yield from self._walk(node, path)
            case _:
                yield from self._objects(node, NamedNode(str(path)))

    def _inverse(self, node: Node, path: Any) -> Iterator[Node]:
        match path:
            case InvPath():
                yield from self._values(node, path.arg)
            case SequencePath():
                found = {node}
                for each in reversed(path.args):
                    found = {value for one in found for value in self._inverse(one, each)}
                yield from found
            case AlternativePath():
                for each in path.args:
                    yield from self._inverse(node, each)
            case MulPath():
                yield from self._walk(node, MulPath(InvPath(path.path), path.mod))
            case _:
                yield from self._sources(node, NamedNode(str(path)))

    def _walk(self, node: Node, path: Any) -> Iterator[Node]:
        if path.mod in {ZeroOrMore, ZeroOrOne}:
            yield node
        seen: set[Node] = set()
        left = [node]
        while left:
            found = set(self._values(left.pop(), path.path)) - seen
            yield from found
            seen |= found
            left += [] if path.mod == ZeroOrOne else list(found)

    def _objects(self, node: Node, predicate: NamedNode) -> Iterator[Node]:
        for triple in self._match(node, predicate, None):
            if not isinstance(triple.object, Triple):
                yield triple.object

    def _sources(self, node: Node, predicate: NamedNode) -> Iterator[Node]:
        for triple in self._match(None, predicate, node):
            if not isinstance(triple.subject, Triple):
                yield triple.subject

    def _match(self, subject: Node | None, predicate: NamedNode | None, object_: Node | None) -> list[Triple]:
        if isinstance(subject, Literal):
            return []
        found = [quad.triple for quad in self._store.quads_for_pattern(subject, predicate, object_, DEFAULT)]
        self.triples.update(found)
        return found


class Targets:
    """Whether nodes are targets of shapes."""

    def __init__(self, store: Store, shapes: Shapes) -> None:
        self._store, self._graph = store, shapes.graph
        self._supers: dict[NamedNode, set[NamedNode]] = {}
        self._known: dict[NamedNode | BlankNode, set[NamedNode]] = {}

    def has(self, shape: object, node: Node) -> bool:
        """Whether a node is a target of a shape."""
        graph = self._graph
        if node in graph.objects(shape, SH.targetNode):
            return True
        if any(self._any(None, predicate, node) for predicate in graph.objects(shape, SH.targetObjectsOf)):
            return True
        if isinstance(node, Literal):
            return False
        if any(self._any(node, predicate, None) for predicate in graph.objects(shape, SH.targetSubjectsOf)):
            return True
        return bool(set(graph.objects(shape, SH.targetClass)) & self._classes(node))

    def all(self, shape: object) -> set[Node]:
        """Return every target of a shape."""
        graph, found = self._graph, set(self._graph.objects(shape, SH.targetNode))
        for predicate in graph.objects(shape, SH.targetSubjectsOf):
            found |= {quad.subject for quad in self._quads(None, predicate, None)}
        for predicate in graph.objects(shape, SH.targetObjectsOf):
            found |= {quad.object for quad in self._quads(None, predicate, None)}
        for wanted in graph.objects(shape, SH.targetClass):
            for class_ in self._below(wanted):
                found |= {quad.subject for quad in self._quads(None, RDF.type, class_)}
        return found

    def _classes(self, node: NamedNode | BlankNode) -> set[NamedNode]:
        if node not in self._known:
            types = [quad.object for quad in self._quads(node, RDF.type, None)]
            self._known[node] = {above for t in types if isinstance(t, NamedNode) for above in self._above(t)}
        return self._known[node]

    def _above(self, class_: NamedNode) -> set[NamedNode]:
        if class_ not in self._supers:
            found, left = {class_}, [class_]
            while left:
                quads = self._quads(left.pop(), RDFS.subClassOf, None)
                more = {q.object for q in quads if isinstance(q.object, NamedNode)} - found
                found |= more
                left += more
            self._supers[class_] = found
        return self._supers[class_]

    def _below(self, class_: Any) -> set[Any]:
        found, left = {class_}, [class_]
        while left:
            more = {quad.subject for quad in self._quads(None, RDFS.subClassOf, left.pop())} - found
            found |= more
            left += more
        return found

    def _quads(self, subject: Any, predicate: Any, object_: Any) -> Any:
        return self._store.quads_for_pattern(subject, predicate, object_, DEFAULT)

    def _any(self, subject: Any, predicate: Any, object_: Any) -> bool:
        return next(iter(self._quads(subject, predicate, object_)), None) is not None
