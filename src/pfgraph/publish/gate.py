"""The gate: what would be current is judged by the shapes, and of it only what a change can have touched."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store, Triple, Variable

from pfgraph.graph import shacl, validation
from pfgraph.graph.report import Report, Result
from pfgraph.graph.shacl import Row
from pfgraph.namespaces import RDFS, SH, SKOS, prefixes
from pfgraph.publish.extracts import Extract, Targets
from pfgraph.publish.focus import THIS, Constraint, Shapes, Undecidable
from pfgraph.publish.journal import DEFAULT
from pfgraph.publish.reach import Changes, Everything, Node, reached
from pfgraph.sources.lexer import significant

_AT_ONCE = 500
# So few nodes are asked about one by one: a node in its place is looked up, where a join may go through the whole.
_FEW = 8
_THIS = Variable(THIS)


@dataclass(frozen=True)
class Verdict:
    """A report on what would be current, and on how many focus nodes it was asked (None: on all)."""

    report: Report
    judged: int | None


def judge(changes: Changes, before: Report, shapes: frozenset[Triple]) -> Verdict:
    """Return the report on the new store, given the one on the old; the shapes are the same for both."""
    if not shapes:
        return Verdict(Report(), 0)
    try:
        read = _read(shapes)
        touched = reached(read.core, THIS, changes)
    except (Undecidable, Everything):
        return Verdict(judge_all(changes.new, shapes), None)
    wholly: set[NamedNode] = set()
    for constraint in read.constraints:
        try:
            touched |= reached(constraint.reading, THIS, changes)
        except Everything:
            wholly.add(constraint.shape)
    rows = _rows(changes.new, read, touched, wholly)
    kept = [r for r in before.results if r.focus_node not in touched and r.source_shape not in wholly]
    found = validation.worded(rows, _names(changes.new, rows), shapes) if rows else ()
    return Verdict(Report(tuple(sorted([*kept, *found], key=_key))), len(touched))


def judge_all(store: Store, shapes: frozenset[Triple]) -> Report:
    """Return the report on everything that a store's default graph says."""
    data = [quad.triple for quad in store.quads_for_pattern(None, None, None, DEFAULT)]
    try:
        read = _read(shapes)
    except Undecidable:
        return Report(tuple(sorted(validation.validate(data, shapes).results, key=_key)))
    rows = set(shacl.rows(data, _core(shapes), "shifty"))
    targets = Targets(store, read)
    for constraint in read.constraints:
        rows.update(_violations(store, constraint, list(targets.all(constraint.shape))))
    found = validation.worded(sorted(rows, key=Row.key), _names(store, rows), shapes)
    return Report(tuple(sorted(found, key=_key)))


def _key(result: Result) -> tuple[str, ...]:
    terms = (result.focus_node, result.path, result.component, result.value, result.source_shape)
    return tuple("" if term is None else str(term) for term in terms)


def prepare(shapes: frozenset[Triple]) -> None:
    """Read the shapes, which takes a second, ahead of a change that is judged by them."""
    with contextlib.suppress(Undecidable):
        _read(shapes)
        shacl.rows((), _core(shapes), "shifty")


@lru_cache(maxsize=4)
def _read(shapes: frozenset[Triple]) -> Shapes:
    return Shapes(shapes)


@lru_cache(maxsize=4)
def _core(shapes: frozenset[Triple]) -> tuple[Triple, ...]:
    """Return the shapes without their constraints in SPARQL, which are asked of the store itself."""
    return tuple(triple for triple in shapes if triple.predicate != SH.sparql)


def _rows(store: Store, shapes: Shapes, touched: Collection[Node], wholly: Collection[NamedNode]) -> list[Row]:
    """Return the results on the nodes that were touched, and all those of some constraints."""
    found: set[Row] = set()
    if touched:
        data = Extract(store).about(touched, shapes)
        found.update(row for row in shacl.rows(data, _core(shapes.triples), "shifty") if row.focus_node in touched)
    targets = Targets(store, shapes)
    for constraint in shapes.constraints:
        if constraint.shape in wholly:
            nodes: Iterable[Node] = targets.all(constraint.shape)
        else:
            nodes = [node for node in touched if targets.has(constraint.shape, node)]
        found.update(_violations(store, constraint, list(nodes)))
    return sorted(found, key=Row.key)


def _violations(store: Store, constraint: Constraint, nodes: list[Node]) -> Iterator[Row]:
    """Yield what a constraint in SPARQL finds at some nodes: many at once where its form allows it."""
    named = [node for node in nodes if isinstance(node, NamedNode | Literal)]
    if THIS not in constraint.reading.setwise or len(named) < len(nodes) or len(nodes) <= _FEW:
        for node in nodes:
            solutions = store.query(constraint.select, prefixes=dict(prefixes()), substitutions={_THIS: node})
            yield from _solved(constraint, solutions, node)  # type: ignore[arg-type]
        return
    for start in range(0, len(named), _AT_ONCE):
        values = " ".join(map(str, named[start : start + _AT_ONCE]))
        at = _group(constraint.select)
        query = f"{constraint.select[:at]} VALUES ?{THIS} {{ {values} }} {constraint.select[at:]}"
        yield from _solved(constraint, store.query(query, prefixes=dict(prefixes())), None)  # type: ignore[arg-type]


def _group(select: str) -> int:
    """Return the place behind the brace that opens a query's pattern."""
    return next(token.end for token in significant(select) if token.is_mark("{"))


def _solved(constraint: Constraint, solutions: QuerySolutions, focus: Node | None) -> Iterator[Row]:
    names = {variable.value for variable in solutions.variables}
    for solution in solutions:
        node = focus or solution[THIS]
        path = solution["path"] if "path" in names else None
        value = solution["value"] if "value" in names else None
        if isinstance(node, Triple) or node is None or isinstance(value, Triple):
            continue
        yield Row(
            focus_node=node,
            path=path if isinstance(path, NamedNode) else None,
            # SHACL §5.3.2: where ?value is unbound, the value node is what a node shape judges: the focus node.
            value=node if value is None else value,
            component=SH.SPARQLConstraintComponent,
            source_shape=constraint.shape,
            severity=constraint.severity,
        )


def _names(store: Store, rows: Iterable[Row]) -> Iterator[Triple]:
    """Yield the labels of what rows speak of."""
    for node in {term for row in rows for term in (row.focus_node, row.path, row.value)}:
        if node is not None and not isinstance(node, Literal):
            for label in (RDFS.label, SKOS.prefLabel):
                for quad in store.quads_for_pattern(node, label, None, DEFAULT):
                    yield quad.triple
