"""When two graphs, or two answers, say the same: up to the order of rows and the names of blank nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, Triple

Term = NamedNode | BlankNode | Literal | Triple
Row = Mapping[str, Term]


def same_graph(one: Iterable[Triple], other: Iterable[Triple]) -> bool:
    """Whether two graphs are isomorphic."""
    return canonical(one) == canonical(other)


def canonical(triples: Iterable[Triple]) -> set[str]:
    """Return the statements of a graph with the canonical names of its blank nodes."""
    dataset = Dataset(Quad(*triple) for triple in triples)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def same_solutions(one: Sequence[Row], other: Sequence[Row]) -> bool:
    """Whether two multisets of solutions are equal but for the names of their blank nodes."""
    if Counter(map(_blanked, one)) != Counter(map(_blanked, other)):
        return False
    named = [row for row in one if _blanks(row)]
    return _matched(named, [row for row in other if _blanks(row)], {})


def _blanks(row: Row) -> list[BlankNode]:
    return [term for term in row.values() if isinstance(term, BlankNode)]


def _blanked(row: Row) -> tuple[tuple[str, str], ...]:
    """Return a row with one name for all blank nodes."""
    return tuple(sorted((name, "_:" if isinstance(term, BlankNode) else str(term)) for name, term in row.items()))


def _matched(rows: Sequence[Row], others: Sequence[Row], names: Mapping[BlankNode, BlankNode]) -> bool:
    """Whether each row is one of the others, under one mapping of blank nodes that goes both ways."""
    if not rows:
        return True
    first, *rest = rows
    for place, other in enumerate(others):
        mapped = _mapped(first, other, names)
        if mapped is not None and _matched(rest, [*others[:place], *others[place + 1 :]], mapped):
            return True
    return False


def _mapped(row: Row, other: Row, names: Mapping[BlankNode, BlankNode]) -> dict[BlankNode, BlankNode] | None:
    """Return the mapping with what two rows add to it, None where they differ or contradict it."""
    if _blanked(row) != _blanked(other):
        return None
    found = dict(names)
    for name, term in row.items():
        twin = other[name]
        if isinstance(term, BlankNode) and isinstance(twin, BlankNode) and found.setdefault(term, twin) != twin:
            return None
    return found if len(set(found.values())) == len(found) else None
