"""What a query's answer depends on: its triple patterns, each with what must hold around it for it to matter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pyoxigraph import Literal, NamedNode
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.algebra import translateGroupGraphPattern
from rdflib.plugins.sparql.parserutils import CompValue
from rdflib.term import BNode, URIRef, Variable
from rdflib.term import Literal as RdfLiteral


@dataclass(frozen=True)
class Var:
    """A variable of a pattern."""

    name: str

    def __str__(self) -> str:
        """The variable as SPARQL writes it."""
        return f"?{self.name}"


Slot = Var | NamedNode | Literal


@dataclass(frozen=True)
class Edge:
    """Something that must hold: a subject, a property path in SPARQL's syntax, an object."""

    subject: Slot
    path: str
    object: Slot

    def __str__(self) -> str:
        """The edge as a pattern."""
        return f"{self.subject} {self.path} {self.object} ."

    @property
    def variables(self) -> frozenset[str]:
        """The names of its variables, but for one that stands for the property."""
        return frozenset(slot.name for slot in (self.subject, self.object) if isinstance(slot, Var))


@dataclass(frozen=True)
class Need:
    """A triple pattern that an answer depends on; a triple that fits it matters only where the context holds.

    `negated` says that the answer depends on there being none.
    """

    context: tuple[Edge, ...]
    subject: Slot
    predicate: Slot
    object: Slot
    negated: bool = False


@dataclass
class Reading:
    """All that a query depends on; `opaque` where that is more than patterns can say.

    A change to one of the `walked` predicates, over which paths of any length go, may touch anything. A variable
    that is `setwise` may be given many values at once by a VALUES at the head of the pattern.
    """

    needs: list[Need] = field(default_factory=list)
    walked: set[str] = field(default_factory=set)
    opaque: bool = False
    setwise: frozenset[str] = frozenset()


_fresh = count()
_PASSED = {"Project", "Distinct", "Reduced", "OrderBy", "Group", "AggregateJoin", "SelectQuery", "ConstructQuery"}


def read(query: str, prefixes: Mapping[str, str]) -> Reading:
    """Return what a query depends on."""
    reading = Reading()
    algebra = prepareQuery(query, initNs=dict(prefixes)).algebra
    _Walk(reading).visit(algebra, (), negated=False)
    names = {edge_name for need in reading.needs for edge_name in _names(need)}
    reading.setwise = frozenset(name for name in names if _is_setwise(algebra, Variable(name)))
    return reading


def _names(need: Need) -> Iterator[str]:
    return (slot.name for slot in (need.subject, need.object) if isinstance(slot, Var))


def _is_setwise(  # noqa: PLR0911  (a case for each kind of pattern)
    node: CompValue, variable: Variable
) -> bool:
    """Whether every solution binds a variable before any filter of the same group looks at it."""
    match node.name:
        case "BGP":
            return any(variable in (s, o) for s, _, o in node.triples)
        case "Join":
            parts = [_is_setwise(part, variable) for part in (node.p1, node.p2)]
            plain = [part.name == "BGP" for part in (node.p1, node.p2)]
            return any(parts) and all(a or b for a, b in zip(parts, plain, strict=True))
        case "Union":
            return _is_setwise(node.p1, variable) and _is_setwise(node.p2, variable)
        case "LeftJoin":
            return _is_setwise(node.p1, variable) and node.p2.name == "BGP"
        case "Minus":
            return _is_setwise(node.p1, variable)
        case "Group":
            return variable in (node.expr or ()) and _is_setwise(node.p, variable)
        case name if name in _PASSED or name in {"Filter", "Extend"}:
            return _is_setwise(node.p, variable)
    return False


def head(query: str, prefixes: Mapping[str, str]) -> list[tuple[Slot, Slot, Slot]]:
    """Return the template of a CONSTRUCT."""
    template = prepareQuery(query, initNs=dict(prefixes)).algebra.template or []
    return [(slot(s), slot(p), slot(o)) for s, p, o in template]


class _Walk:
    """A walk through SPARQL's algebra; what is taken for the context may be less than all that must hold."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def visit(self, node: CompValue, context: tuple[Edge, ...], *, negated: bool) -> None:
        """Note the patterns in a part of a query."""
        match node.name:
            case "BGP":
                around = (*context, *_required(node))
                for s, p, o in node.triples:
                    self._reading.needs += needs(s, p, o, around, self._reading.walked, negated=negated)
            case "Join" | "LeftJoin" | "Minus":
                self._visit_pair(node, context, negated=negated)
            case "Union":
                self.visit(node.p1, context, negated=negated)
                self.visit(node.p2, context, negated=negated)
            case "Filter" | "Extend":
                self.visit(node.p, context, negated=negated)
                self._visit_expression(node.expr, (*context, *_required(node.p)))
            case "ToMultiSet" if "values" in node or "res" in node:
                pass
            case name if name in _PASSED:
                self.visit(node.p, context, negated=negated)
            case _:
                # A sub-query, LIMIT, GRAPH, SERVICE.
                self._reading.opaque = True

    def _visit_pair(self, node: CompValue, context: tuple[Edge, ...], *, negated: bool) -> None:
        left = (*context, *_required(node.p1))
        right = (*context, *_required(node.p2)) if node.name == "Join" else context
        self.visit(node.p1, right, negated=negated)
        self.visit(node.p2, left, negated=negated or node.name == "Minus")
        if node.name == "LeftJoin":
            self._visit_expression(node.expr, (*left, *_required(node.p2)))

    def _visit_expression(self, expression: Any, context: tuple[Edge, ...]) -> None:
        """Note the patterns of EXISTS and NOT EXISTS in an expression."""
        if isinstance(expression, CompValue):
            if expression.name in {"Builtin_EXISTS", "Builtin_NOTEXISTS"}:
                graph = expression.graph
                if graph.name in {"GroupGraphPatternSub", "GroupGraphPattern"}:
                    graph = translateGroupGraphPattern(graph)
                self.visit(graph, context, negated=True)
                return
            for value in expression.values():
                self._visit_expression(value, context)
        elif isinstance(expression, list | tuple):
            for value in expression:
                self._visit_expression(value, context)


def _required(node: CompValue) -> tuple[Edge, ...]:
    """Return patterns without which a part of a query has no solution."""
    match node.name:
        case "BGP":
            return tuple(Edge(slot(s), _path(p), slot(o)) for s, p, o in node.triples)
        case "Join":
            return (*_required(node.p1), *_required(node.p2))
        case "LeftJoin" | "Minus":
            return _required(node.p1)
        case "Filter" | "Extend":
            return _required(node.p)
    return ()


def needs(  # noqa: PLR0913  (a triple, and what is known around it)
    subject: Any, path: Any, object_: Any, context: tuple[Edge, ...], walked: set[str], *, negated: bool = False
) -> Iterator[Need]:
    """Yield the triple patterns that a pattern with a property path comes down to."""
    match path:
        case InvPath():
            yield from needs(object_, path.arg, subject, context, walked, negated=negated)
        case SequencePath():
            nodes = [subject, *(Variable(f"step{next(_fresh)}") for _ in path.args[1:]), object_]
            steps = list(zip(nodes, path.args, nodes[1:], strict=False))
            edges = [Edge(slot(s), _path(p), slot(o)) for s, p, o in steps]
            for number, (s, p, o) in enumerate(steps):
                others = tuple(edge for place, edge in enumerate(edges) if place != number)
                yield from needs(s, p, o, (*context, *others), walked, negated=negated)
        case AlternativePath():
            for each in path.args:
                yield from needs(subject, each, object_, context, walked, negated=negated)
        case MulPath():
            walked.update(_predicates(path))
        case NegatedPath():
            some = Var(f"any{next(_fresh)}")
            yield Need(context, slot(subject), some, slot(object_), negated)
            yield Need(context, slot(object_), some, slot(subject), negated)
        case _:
            yield Need(context, slot(subject), slot(path), slot(object_), negated)


def _predicates(path: Any) -> Iterator[str]:
    if isinstance(path, URIRef):
        yield str(path)
    elif isinstance(path, MulPath):
        yield from _predicates(path.path)
    elif isinstance(path, InvPath):
        yield from _predicates(path.arg)
    elif isinstance(path, SequencePath | AlternativePath):
        for each in path.args:
            yield from _predicates(each)


def _path(path: Any) -> str:
    return path.n3() if isinstance(path, Path) else str(slot(path))


def slot(term: Any) -> Slot:
    """Return a term of rdflib as ours; a blank node of a pattern is a variable."""
    if isinstance(term, Variable):
        return Var(str(term))
    if isinstance(term, BNode):
        return Var(f"blank{term}")
    if isinstance(term, RdfLiteral):
        if term.language:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
    return NamedNode(str(term))
