"""Which nodes changed triples can matter to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode, Store, Triple

from pfgraph.publish.patterns import Edge, Need, Reading, Slot, Var

Node = NamedNode | BlankNode | Literal
_AT_ONCE = 500


class Everything(Exception):
    """What changed may matter to any node."""


@dataclass
class Changes:
    """Triples that were removed from one store, and triples that were added to make another of it."""

    removed: Collection[Triple]
    added: Collection[Triple]
    old: Store
    new: Store

    def __post_init__(self) -> None:
        """Sort the triples by predicate."""
        self.sides = ((_by_predicate(self.removed), self.old), (_by_predicate(self.added), self.new))

    @property
    def predicates(self) -> set[str]:
        """The predicates of what changed."""
        return {predicate for by_predicate, _ in self.sides for predicate in by_predicate}

    def fitting(self, need: Need) -> Iterator[tuple[list[Mapping[str, Node]], Store]]:
        """Yield, for what was removed and for what was added, how the variables of a pattern are bound."""
        for by_predicate, store in self.sides:
            if isinstance(need.predicate, NamedNode):
                triples: Iterable[Triple] = by_predicate.get(need.predicate.value, ())
            else:
                triples = (triple for each in by_predicate.values() for triple in each)
            bound = [found for triple in triples if (found := _fit(need, triple)) is not None]
            if bound:
                yield bound, store


def reached(reading: Reading, name: str, changes: Changes) -> set[Node]:
    """Return the values that a variable of a query has where the change can matter, or raise Everything."""
    if changes.predicates and (reading.opaque or reading.walked & changes.predicates):
        raise Everything
    found: set[Node] = set()
    for need in reading.needs:
        for bindings, store in changes.fitting(need):
            if name in bindings[0]:
                found.update(binding[name] for binding in bindings)
            else:
                found.update(_asked(need, name, bindings, store))
    return found


def _fit(need: Need, triple: Triple) -> Mapping[str, Node] | None:
    """Return what a pattern's variables are where a triple fits it."""
    found: dict[str, Node] = {}
    terms = (triple.subject, triple.predicate, triple.object)
    for slot, term in zip((need.subject, need.predicate, need.object), terms, strict=True):
        if isinstance(term, Triple) or not _takes(slot, term, found):
            return None
    return found


def _takes(slot: Slot, term: Node, found: dict[str, Node]) -> bool:
    return found.setdefault(slot.name, term) == term if isinstance(slot, Var) else slot == term


def _asked(need: Need, name: str, bindings: list[Mapping[str, Node]], store: Store) -> set[Node]:
    """Return the values a variable has in the context of a pattern, once that is bound."""
    edges = _linked(need, name)
    names = sorted({variable for edge in edges for variable in edge.variables} & bindings[0].keys())
    rows = {tuple(binding[each] for each in names) for binding in bindings}
    if not names or any(isinstance(term, BlankNode) for row in rows for term in row):
        raise Everything
    found: set[Node] = set()
    listed = sorted(rows, key=str)
    pattern = " ".join(map(str, edges))
    for start in range(0, len(listed), _AT_ONCE):
        values = " ".join(f"({' '.join(map(str, row))})" for row in listed[start : start + _AT_ONCE])
        variables = " ".join(f"?{each}" for each in names)
        query = f"SELECT DISTINCT ?{name} WHERE {{ VALUES ({variables}) {{ {values} }} {pattern} }}"
        found.update(solution[name] for solution in store.query(query))  # type: ignore[union-attr]
    return found


def _linked(need: Need, name: str) -> list[Edge]:
    """Return the edges of a context by which a variable hangs together with the pattern, or raise Everything."""
    known = {slot.name for slot in (need.subject, need.object) if isinstance(slot, Var)}
    left, linked = list(need.context), []
    while near := [edge for edge in left if edge.variables & known]:
        linked += near
        known |= {variable for edge in near for variable in edge.variables}
        left = [edge for edge in left if edge not in near]
    if name not in known:
        raise Everything
    return linked


def _by_predicate(triples: Iterable[Triple]) -> Mapping[str, list[Triple]]:
    found: dict[str, list[Triple]] = defaultdict(list)
    for triple in triples:
        found[triple.predicate.value].append(triple)
    return found
