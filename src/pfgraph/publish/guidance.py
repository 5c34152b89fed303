"""What a release shows to whoever begins with it, brought up to date: the vocabularies it speaks, a thing of each kind.

Neither is a sum, so neither can be told from the change alone; but little else has to be looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from pyoxigraph import NamedNode, Store, Triple

from pfgraph.graph import linksets
from pfgraph.graph.assertions import dataset_iri
from pfgraph.graph.metadata import METADATA
from pfgraph.namespaces import GRAPH, ID, RDF, VOID
from pfgraph.publish.journal import DEFAULT


def moved(
    old: Store, new: Store, removed: Collection[Triple], added: Collection[Triple]
) -> tuple[set[Triple], set[Triple]]:
    """Return what is no longer said of the dataset, and what is said of it now."""
    before = {*_said(old, VOID.vocabulary), *_said(old, VOID.exampleResource)}
    after = {*_vocabularies(old, new, removed, added), *_examples(old, new, removed, added)}
    return before - after, after - before


def _said(old: Store, predicate: NamedNode) -> Iterator[Triple]:
    for quad in old.quads_for_pattern(dataset_iri(), predicate, None, GRAPH[METADATA]):
        yield quad.triple


def _vocabularies(old: Store, new: Store, removed: Collection[Triple], added: Collection[Triple]) -> Iterator[Triple]:
    """Yield the vocabularies: one that something was removed from may still be spoken elsewhere."""
    gained = set(linksets.vocabularies(added))
    doubtful = set(linksets.vocabularies(removed)) - gained
    for triple in {*_said(old, VOID.vocabulary), *gained}:
        if triple not in doubtful or triple in linksets.vocabularies(_speaking(old, new, triple.object)):
            yield triple


def _speaking(old: Store, new: Store, vocabulary: object) -> Iterator[Triple]:
    """Yield for each property and class of a vocabulary a statement about a thing, if there is one."""
    for counted, place in ((VOID.property, 1), (VOID["class"], 2)):
        terms = {quad.object for quad in old.quads_for_pattern(None, counted, None, GRAPH[METADATA])}
        for term in terms:
            if not isinstance(term, NamedNode) or linksets.vocabulary(term.value) != vocabulary:
                continue
            predicate, value = (term, None) if place == 1 else (RDF.type, term)
            found = (quad.triple for quad in new.quads_for_pattern(None, predicate, value, DEFAULT))
            first = next((t for t in found if isinstance(t.subject, NamedNode) and t.subject.value in ID), None)
            if first is not None:
                yield first


def _examples(old: Store, new: Store, removed: Collection[Triple], added: Collection[Triple]) -> Iterator[Triple]:
    """Yield the examples: of each kind the first, which is another one where it went or an earlier one came."""
    shown = {triple.object for triple in _said(old, VOID.exampleResource)}
    typed: list[Triple] = []
    for kind in linksets.SHOWN:
        first = [each for each in shown if next(old.quads_for_pattern(each, RDF.type, kind, DEFAULT), None)]  # type: ignore[arg-type]
        known = [Triple(each, RDF.type, kind) for each in first]  # type: ignore[arg-type]
        if set(known) & set(removed):
            typed += (quad.triple for quad in new.quads_for_pattern(None, RDF.type, kind, DEFAULT))
        else:
            typed += [*known, *(t for t in added if t.predicate == RDF.type and t.object == kind)]
    yield from (triple for triple in linksets.examples(typed) if triple.predicate == VOID.exampleResource)
