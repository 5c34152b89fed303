"""As much of a graph as it takes to judge some nodes by the shapes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath, ZeroOrMore, ZeroOrOne

from pfgraph.namespaces import RDF, RDFS, SH
from pfgraph.publish.focus import TARGETS, Shapes, Step
from pfgraph.publish.journal import DEFAULT
from pfgraph.publish.reach import Node


class Extract:
    """The triples that were needed so far, and the values of paths, read from a store's default graph."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Node, Mapping[NamedNode, list[Triple]]] = {}
        self.triples: set[Triple] = set()

    def about(self, nodes: Iterable[Node], shapes: Shapes) -> set[Triple]:
        """Return all that the shapes look at from some nodes, and what makes these nodes targets."""
        self._match(RDFS.subClassOf, None)
        targets = [p for shape in shapes.targeted for p in shapes.graph.objects(shape, SH.targetObjectsOf)]
        for node in nodes:
            self.triples.update(*self._said_of(node).values())
            for predicate in targets:
                for _ in self._sources(node, predicate):
                    break
            self._follow(node, shapes.steps)
        return self.triples

    def _follow(self, node: Node, steps: list[Step]) -> None:
        said = self._said_of(node)
        for step in steps:
            if step.predicate is None or step.predicate in said:
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
        triples = self._said_of(node).get(predicate, [])
        self.triples.update(triples)
        for triple in triples:
            if not isinstance(triple.object, Triple):
                yield triple.object

    def _sources(self, node: Node, predicate: NamedNode) -> Iterator[Node]:
        for triple in self._match(predicate, node):
            if not isinstance(triple.subject, Triple):
                yield triple.subject

    def _match(self, predicate: NamedNode, object_: Node | None) -> list[Triple]:
        found = [quad.triple for quad in self._store.quads_for_pattern(None, predicate, object_, DEFAULT)]
        self.triples.update(found)
        return found

    def _said_of(self, node: Node) -> Mapping[NamedNode, list[Triple]]:
        """Return what is said of a node, by predicate: the shapes ask for a hundred, most of which it does not have."""
        if node not in self._known:
            found: dict[NamedNode, list[Triple]] = defaultdict(list)
            if not isinstance(node, Literal):
                for quad in self._store.quads_for_pattern(node, None, None, DEFAULT):
                    found[quad.predicate].append(quad.triple)
            self._known[node] = dict(found)
        return self._known[node]


class Targets:
    """Whether nodes are targets of shapes."""

    def __init__(self, store: Store, shapes: Shapes) -> None:
        self._store, self._graph = store, shapes.graph
        self._supers: dict[NamedNode, set[NamedNode]] = {}
        self._known: dict[Node, set[object]] = {}
        # The shapes that each node, property or class is named by, for each way to name them.
        self._named: dict[str, dict[Any, set[object]]] = {}
        for name in TARGETS:
            self._named[name] = defaultdict(set)
            for shape in shapes.targeted:
                for each in shapes.graph.objects(shape, SH[name]):
                    self._named[name][each].add(shape)

    def has(self, shape: object, node: Node) -> bool:
        """Whether a node is a target of a shape."""
        if node not in self._known:
            self._known[node] = set(self._of(node))
        return shape in self._known[node]

    def _of(self, node: Node) -> Iterator[object]:
        """Yield the shapes that a node is a target of."""
        named = self._named
        yield from named["targetNode"].get(node, ())
        for predicate, shapes in named["targetObjectsOf"].items():
            if self._any(None, predicate, node):
                yield from shapes
        if isinstance(node, Literal):
            return
        for predicate, shapes in named["targetSubjectsOf"].items():
            if self._any(node, predicate, None):
                yield from shapes
        for class_ in self._classes(node):
            yield from named["targetClass"].get(class_, ())

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
        types = [quad.object for quad in self._quads(node, RDF.type, None)]
        return {above for t in types if isinstance(t, NamedNode) for above in self._above(t)}

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
