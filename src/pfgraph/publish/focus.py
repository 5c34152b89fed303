"""What shapes look at from a focus node: which triples can matter to it, and which data it takes to judge it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from rdflib.paths import AlternativePath, InvPath, MulPath, SequencePath, ZeroOrMore, ZeroOrOne
from rdflib.paths import OneOrMore as OneOrMorePath
from rdflib.term import URIRef, Variable

from pfgraph.namespaces import OWL, RDF, RDFS, SH, prefixes
from pfgraph.publish import patterns
from pfgraph.publish.patterns import Edge, Reading

THIS = "this"
Node = NamedNode | BlankNode | Literal
# Targets, the constraints whose reach is known here, and what says nothing about validity.
TARGETS = ("targetClass", "targetSubjectsOf", "targetObjectsOf", "targetNode")
_LOCAL = (
    *("minCount", "maxCount", "datatype", "nodeKind", "pattern", "flags", "minLength", "maxLength", "languageIn"),
    *("uniqueLang", "in", "hasValue", "minInclusive", "maxInclusive", "minExclusive", "maxExclusive", "closed"),
    *("ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint"),
)
_PAIRED = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
_NESTED = ("node", "not", "qualifiedValueShape")
_LISTED = ("and", "or", "xone")
_SAID = (
    *("path", "class", "property", "sparql", "select", "prefixes", "name", "description", "message"),
    *("order", "group", "severity", "deactivated", "defaultValue", "labelTemplate", "declare", "construct"),
    *("prefix", "namespace", "inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"),
)
_KNOWN = frozenset((*TARGETS, *_LOCAL, *_PAIRED, *_NESTED, *_LISTED, *_SAID))


_REPEATED: dict[str, Any] = {"zeroOrMore": ZeroOrMore, "oneOrMore": OneOrMorePath, "zeroOrOne": ZeroOrOne}


class Undecidable(Exception):
    """The shapes use something whose reach is not known here."""


@dataclass
class Step:
    """A path that is followed from a node, and the steps that are taken from its values."""

    path: Any
    steps: list[Step] = field(default_factory=list)

    @cached_property
    def predicate(self) -> NamedNode | None:
        """The predicate that is all of the path, None where there is more to it."""
        return NamedNode(str(self.path)) if isinstance(self.path, URIRef) else None


@dataclass
class Constraint:
    """A constraint in SPARQL, the shape it is of, and what it depends on."""

    shape: NamedNode
    select: str
    severity: NamedNode
    reading: Reading


class Graph:
    """A shapes graph by subject and predicate."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._objects: dict[object, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            self._objects[triple.subject][triple.predicate.value].append(triple.object)

    def objects(self, node: object, predicate: NamedNode) -> list[Any]:
        """Return the values of a property, sorted."""
        return sorted(self._objects[node].get(predicate.value, ()), key=str) if node in self._objects else []

    def subjects(self, predicate: NamedNode) -> list[Any]:
        """Return whatever has a property, sorted."""
        return sorted((s for s, known in self._objects.items() if predicate.value in known), key=str)

    def predicates(self) -> set[str]:
        """Return every property that is used."""
        return {predicate for known in self._objects.values() for predicate in known}

    def members(self, node: object) -> list[Any]:
        """Return the members of a list."""
        found = []
        while node != RDF.nil:
            (first,), (node,) = self.objects(node, RDF.first), self.objects(node, RDF.rest)
            found.append(first)
        return found


class Shapes:
    """The shapes of a release, read for what they depend on."""

    def __init__(self, triples: frozenset[Triple]) -> None:
        self.triples = triples
        self.graph = Graph(triples)
        self.core = Reading()
        self.steps: list[Step] = []
        self.constraints: list[Constraint] = []
        unknown = {p.removeprefix(str(SH)) for p in self.graph.predicates() if p.startswith(str(SH))} - _KNOWN
        if unknown:
            raise Undecidable(", ".join(sorted(unknown)))
        self.targeted = sorted({s for name in TARGETS for s in self.graph.subjects(SH[name])}, key=str)
        self._refuse_implicit()
        for shape in self.targeted:
            self._read_targets(shape)
            self.steps += self._read(shape, Variable(THIS), (), frozenset())
            self.constraints += self._read_sparql(shape)

    def _refuse_implicit(self) -> None:
        """Refuse a class that is a shape and so a target, and SPARQL or nested properties where they are not known."""
        kinds = {SH.NodeShape, SH.PropertyShape}
        for shape in self.graph.subjects(RDF.type):
            types = set(self.graph.objects(shape, RDF.type))
            if types & kinds and types & {RDFS.Class, OWL.Class}:
                raise Undecidable(str(shape))
        for shape in self.graph.subjects(SH.path):
            if self.graph.objects(shape, SH.property) or self.graph.objects(shape, SH.sparql):
                raise Undecidable(str(shape))
        for shape in self.graph.subjects(SH.sparql):
            if shape not in self.targeted:
                raise Undecidable(str(shape))

    def _read_targets(self, shape: object) -> None:
        """Note that whatever becomes or ceases to be a target is touched."""
        this = Variable(THIS)
        if self.graph.objects(shape, SH.targetClass):
            self._need(this, URIRef(RDF.type.value), Variable("type"), ())
            self.core.walked.add(RDFS.subClassOf.value)
        for predicate in self.graph.objects(shape, SH.targetSubjectsOf):
            self._need(this, URIRef(predicate.value), Variable("object"), ())
        for predicate in self.graph.objects(shape, SH.targetObjectsOf):
            self._need(Variable("subject"), URIRef(predicate.value), this, ())

    def _need(self, subject: Any, path: Any, object_: Any, context: tuple[Edge, ...]) -> None:
        self.core.needs += patterns.needs(subject, path, object_, context, self.core.walked)

    def _read(self, shape: Any, node: Any, context: tuple[Edge, ...], seen: frozenset[Any]) -> list[Step]:
        """Note what a shape depends on at a node that is reached by a context; return what is followed from it."""
        if shape in seen:
            raise Undecidable(f"{shape} ↻")
        seen |= {shape}
        graph = self.graph
        steps: list[Step] = []
        if graph.objects(shape, SH.closed):
            self._need(node, Variable(f"any{len(context)}"), Variable(f"thing{len(context)}"), context)
        values, inner = node, context
        here: list[Step] = steps
        for path in graph.objects(shape, SH.path):
            read = self.path(path)
            values = Variable(f"value{len(context)}of{len(self.core.needs)}")
            inner = (*context, Edge(patterns.slot(node), _written(read), patterns.slot(values)))
            self._need(node, read, values, inner)
            step = Step(read)
            steps.append(step)
            here = step.steps
        for name in _PAIRED:
            for predicate in graph.objects(shape, SH[name]):
                self._need(node, URIRef(predicate.value), Variable(f"{name}{len(context)}"), context)
                steps.append(Step(URIRef(predicate.value)))
        if graph.objects(shape, SH["class"]):
            self._need(values, URIRef(RDF.type.value), Variable(f"type{len(inner)}"), inner)
            self.core.walked.add(RDFS.subClassOf.value)
            here.append(Step(URIRef(RDF.type.value)))
        for nested in self._nested(shape):
            here += self._read(nested, values, inner, seen)
        return steps

    def _nested(self, shape: Any) -> Iterator[Any]:
        for name in (*_NESTED, "property"):
            yield from self.graph.objects(shape, SH[name])
        for name in _LISTED:
            for listed in self.graph.objects(shape, SH[name]):
                yield from self.graph.members(listed)
        if self.graph.objects(shape, SH.qualifiedValueShapesDisjoint):
            raise Undecidable(str(shape))

    def _read_sparql(self, shape: Any) -> Iterator[Constraint]:
        severity = next(iter(self.graph.objects(shape, SH.severity)), SH.Violation)
        for node in self.graph.objects(shape, SH.sparql):
            (select,) = self.graph.objects(node, SH.select) or [None]
            if select is None or not isinstance(shape, NamedNode):
                raise Undecidable(str(shape))
            deactivated = (*self.graph.objects(node, SH.deactivated), *self.graph.objects(shape, SH.deactivated))
            if "true" in {each.value for each in deactivated}:
                continue
            text = select.value
            if "$PATH" in text or "currentShape" in text or "shapesGraph" in text:
                raise Undecidable(str(shape))
            yield Constraint(shape, text, severity, patterns.read(text, prefixes()))

    def path(self, node: Any) -> Any:
        """Return a path of SHACL as one of SPARQL."""
        if isinstance(node, NamedNode):
            return URIRef(node.value)
        graph = self.graph
        if graph.objects(node, RDF.first):
            return SequencePath(*(self.path(each) for each in graph.members(node)))
        for each in graph.objects(node, SH.inversePath):
            return InvPath(self.path(each))
        for each in graph.objects(node, SH.alternativePath):
            return AlternativePath(*(self.path(one) for one in graph.members(each)))
        for name, mod in _REPEATED.items():
            for each in graph.objects(node, SH[f"{name}Path"]):
                return MulPath(self.path(each), mod)
        raise Undecidable(str(node))


def _written(path: Any) -> str:
    return str(path.n3())
