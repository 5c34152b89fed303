"""What the rules of `ontology/rules.ttl` derive from what the sources say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QueryTriples, Store, Triple

from pfgraph.errors import ShapesError
from pfgraph.messages import Text
from pfgraph.namespaces import RDF, SH, compact, prefixes


def derive(default_graph: Iterable[Triple], rules: Iterable[Triple]) -> frozenset[Triple]:
    """Return the new triples that the rules (`sh:SPARQLRule`) derive, applied again until none is new.

    A rule is a CONSTRUCT over the whole graph: its `$this` is an ordinary variable.
    """
    store = Store()
    store.bulk_extend(_quad(triple) for triple in default_graph)
    found = ordered(rules)
    derived: set[Triple] = set()
    while new := {t for rule, construct in found for t in constructed(store, rule, construct)} - derived:
        derived |= new
        store.extend(_quad(triple) for triple in new)
    return frozenset(derived)


def _quad(triple: Triple) -> Quad:
    return Quad(triple.subject, triple.predicate, triple.object, DefaultGraph())


def ordered(rules: Iterable[Triple]) -> list[tuple[NamedNode, str]]:
    """Return each rule with its query, sorted by name; the order changes nothing but error messages."""
    triples = list(rules)
    typed = {t.subject for t in triples if t.predicate == RDF.type and t.object == SH.SPARQLRule}
    found = [
        (triple.subject, triple.object.value)
        for triple in triples
        if triple.predicate == SH.construct
        and triple.subject in typed
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, Literal)
    ]
    return sorted(found, key=lambda rule: rule[0].value)


def constructed(store: Store, rule: NamedNode, construct: str) -> Iterator[Triple]:
    """Yield what one rule derives now and the store has not."""
    try:
        solutions = store.query(construct, prefixes=dict(prefixes()))
    except SyntaxError as error:
        raise _unusable(rule, str(error)) from error
    if not isinstance(solutions, QueryTriples):
        raise _unusable(rule, construct)
    for triple in solutions:
        # A new blank node each time would never come to an end, and what has no name has no page.
        if isinstance(triple.subject, BlankNode) or isinstance(triple.object, BlankNode):
            raise _unusable(rule, str(triple))
        if _quad(triple) not in store:
            yield triple


def _unusable(rule: NamedNode, found: str) -> ShapesError:
    return ShapesError(
        "規則を使えません。",
        "The rule cannot be used.",
        where=compact(rule.value),
        found=" ".join(found.split()),
        expected=Text("空白ノードを作らない CONSTRUCT", "a CONSTRUCT that makes no blank nodes"),
    )
