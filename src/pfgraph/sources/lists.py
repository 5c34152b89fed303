"""RDF lists: the only blank nodes a source may hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.namespaces import RDF

Term = NamedNode | BlankNode | Literal | Triple


def collections(triples: Sequence[Triple]) -> Mapping[BlankNode, tuple[Term, ...]]:
    """Return the items of every well-formed list by its first node; nested lists are items themselves."""
    cells = _cells(triples)
    inner = {rest for _, rest in cells.values()}
    found: dict[BlankNode, tuple[Term, ...]] = {}
    for head in cells:
        if head in inner:
            continue
        items: list[Term] = []
        node: Term = head
        while isinstance(node, BlankNode) and node in cells:
            item, node = cells[node]
            items.append(item)
        if node == RDF.nil:
            found[head] = tuple(items)
    return found


def _cells(triples: Sequence[Triple]) -> dict[BlankNode, tuple[Term, Term]]:
    """Return first and rest of every blank node that is exactly a list cell, used once."""
    said = Counter(t.subject for t in triples)
    used = Counter(t.object for t in triples if isinstance(t.object, BlankNode))
    firsts = {t.subject: t.object for t in triples if t.predicate == RDF.first}
    rests = {t.subject: t.object for t in triples if t.predicate == RDF.rest}
    return {
        node: (firsts[node], rests[node])
        for node in firsts.keys() & rests.keys()
        if isinstance(node, BlankNode) and said[node] == 2 and used[node] == 1
    }


def stray_blank_nodes(triples: Sequence[Triple]) -> set[BlankNode]:
    """Return the blank nodes that are no part of a well-formed list."""
    cells = _cells(triples)
    blank = {term for t in triples for term in (t.subject, t.object) if isinstance(term, BlankNode)}
    good: set[BlankNode] = set()
    for head in collections(triples):
        node: Term = head
        while isinstance(node, BlankNode):
            good.add(node)
            node = cells[node][1]
    # A list that hangs on nothing but itself is not reached from any name.
    anchored = {t.object for t in triples if isinstance(t.subject, NamedNode)}
    heads = [head for head in collections(triples) if head in anchored]
    reached: set[BlankNode] = set()
    while heads:
        node = heads.pop()
        while isinstance(node, BlankNode):
            reached.add(node)
            item, node = cells[node]
            if isinstance(item, BlankNode) and item in good:
                heads.append(item)
    return blank - (good & reached)


def with_stable_labels(triples: Sequence[Triple], file: str) -> list[Triple]:
    """Return the triples with list nodes named after what they hold, so that equal files give equal quads."""
    items, cells = collections(triples), _cells(triples)
    seen: Counter[str] = Counter()
    names: dict[BlankNode, BlankNode] = {}

    def name(head: BlankNode, place: str) -> None:
        key = sha256(f"{file}\n{place}\n{_spell(head, items)}".encode()).hexdigest()[:16]
        seen[key] += 1
        node: Term = head
        for index in range(len(items[head])):
            assert isinstance(node, BlankNode)  # a well-formed list has as many cells as items
            names[node] = BlankNode(f"l{key}n{seen[key]}c{index}")
            item, node = cells[node]
            if isinstance(item, BlankNode):
                name(item, f"{place} {key} {seen[key]} {index}")

    for triple in triples:
        if isinstance(triple.object, BlankNode) and isinstance(triple.subject, NamedNode):
            name(triple.object, f"{triple.subject} {triple.predicate}")

    def renamed(term: Term) -> Term:
        return names[term] if isinstance(term, BlankNode) else term

    return [Triple(renamed(t.subject), t.predicate, renamed(t.object)) for t in triples]  # type: ignore[arg-type]


def _spell(term: Term, items: Mapping[BlankNode, tuple[Term, ...]]) -> str:
    if not isinstance(term, BlankNode):
        return str(term)
    return f"( {' '.join(_spell(item, items) for item in items[term])} )"
