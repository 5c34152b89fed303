"""The numbers a release says of itself, brought up to date with a change (VoID, in graph/metadata)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Quad, Store, Triple

from pfgraph.graph import metadata, statistics
from pfgraph.graph.assertions import dataset_iri
from pfgraph.graph.dataset import DERIVED
from pfgraph.graph.metadata import METADATA
from pfgraph.graph.statistics import Statistics
from pfgraph.namespaces import GRAPH, VOID
from pfgraph.publish import guidance, tallies
from pfgraph.publish.journal import DEFAULT, Journal
from pfgraph.publish.tallies import Number, Tally


def recount(journal: Journal, old: Store, sizes: Mapping[str, int]) -> None:
    """Bring graph/metadata up to date; `sizes` are those of the named graphs after the change, without its own.

    Statistics of disjoint sets of subjects add up. So what the changed subjects were counted for is taken off, and
    what they count for now is put on; every other subject is left alone.
    """
    graph = GRAPH[METADATA]
    if not old.contains_named_graph(graph):
        return
    removed, added = journal.triples(DEFAULT)
    moves = tallies.tally(old, journal.store, (*removed, *added))
    gone, new = guidance.moved(old, journal.store, removed, added)
    is_same = not (gone or new or journal.graphs_added or journal.graphs_removed)
    if is_same and _moved(journal, old, sizes, moves):
        return
    before = {quad.triple for quad in old.quads_for_pattern(None, None, None, graph)}
    said = (_amended(_said(before, journal), old, moves) - gone) | new
    subjects = {triple.subject for triple in (*removed, *added, *before, *said)}
    rest = _counted(before) - statistics.count(_default(old, subjects))
    others = {quad.triple for s in subjects for quad in _stated(journal.store, s) if quad.graph_name != graph}
    after = said | {triple for triple in before if metadata.counted(triple)}
    while True:
        counts = statistics.count(others | after)
        found = said | set(metadata.counts(rest + counts, {**sizes, graph.value: len(after)}))
        if found == after:
            break
        after = found
    journal.remove([Quad(t.subject, t.predicate, t.object, graph) for t in before - after])
    journal.add([Quad(t.subject, t.predicate, t.object, graph) for t in after - before])


def _moved(journal: Journal, old: Store, sizes: Mapping[str, int], moves: Tally) -> bool:
    """Put new numbers in the place of old ones; return False where one appears or disappears, and all must be told.

    A number for another leaves all the others as they are.
    """
    moved = dict(moves.moved)
    for iri, size in sizes.items():
        before = _number(old, (NamedNode(iri), VOID.triples))
        if before is None:
            return False
        if before != size:
            moved[NamedNode(iri), VOID.triples] = size - before
    removed: list[Quad] = []
    added: list[Quad] = []
    for number, size in moved.items():
        before = _number(old, number)
        if before is None or before + size <= 0:
            return False
        for quads, value in ((removed, before), (added, before + size)):
            quads.append(Quad(*number, Literal(value), GRAPH[METADATA]))
    journal.remove(removed)
    journal.add(added)
    return True


def _number(store: Store, number: Number) -> int | None:
    for quad in store.quads_for_pattern(*number, None, GRAPH[METADATA]):
        return int(str(quad.object.value))  # type: ignore[union-attr]
    return None


def _amended(said: set[Triple], old: Store, moves: Tally) -> set[Triple]:
    """Return what is said with the numbers moved that are not counted again: where links and properties lead."""
    for (node, predicate), size in moves.moved.items():
        if not tallies.is_additional((node, predicate)):
            continue
        before = _number(old, (node, predicate)) or 0
        said = {triple for triple in said if node not in {triple.subject, triple.object}}
        if before + size > 0:
            said |= {triple for triple in moves.described if node in {triple.subject, triple.object}}
            said.add(Triple(node, predicate, Literal(before + size)))
            targets = {triple.object for triple in moves.described if triple.subject == node}
            said |= {
                triple for triple in moves.described if triple.subject in targets and triple.subject != dataset_iri()
            }
    return said


def _said(before: Iterable[Triple], journal: Journal) -> set[Triple]:
    """Return what is said without counting, of the graphs that there are now."""
    said = {triple for triple in before if not metadata.counted(triple)}
    for name in journal.graphs_removed:
        said -= {triple for triple in said if name in {triple.subject, triple.object}}
    for name in journal.graphs_added:
        said.update(metadata.about_graph(name))
        said.update(metadata.source(name, derived=GRAPH[DERIVED] in journal.named_graphs()))
    return said


def _counted(before: Iterable[Triple]) -> Statistics:
    """Return the statistics that a description states."""
    said: dict[object, dict[NamedNode, list[Triple]]] = defaultdict(lambda: defaultdict(list))
    for triple in before:
        said[triple.subject][triple.predicate].append(triple)

    def number(node: object, predicate: NamedNode) -> int:
        (triple,) = said[node][predicate]
        assert isinstance(triple.object, Literal)  # as `metadata.counts` wrote it
        return int(triple.object.value)

    def term(node: object, predicate: NamedNode) -> NamedNode:
        (triple,) = said[node][predicate]
        assert isinstance(triple.object, NamedNode)  # as above
        return triple.object

    def parts(node: object, predicate: NamedNode) -> Iterator[object]:
        return (triple.object for triple in said[node][predicate])

    whole = dataset_iri()
    found = Statistics(
        number(whole, VOID.triples), number(whole, VOID.distinctSubjects), Counter(), Counter(), Counter(), Counter()
    )
    for part in parts(whole, VOID.propertyPartition):
        predicate = term(part, VOID.property)
        found.properties[predicate] = number(part, VOID.triples)
        found.subjects_of[predicate] = number(part, VOID.distinctSubjects)
    for part in parts(whole, VOID.classPartition):
        type_ = term(part, VOID["class"])
        found.classes[type_] = number(part, VOID.entities)
        for inner in parts(part, VOID.propertyPartition):
            found.class_properties[type_, term(inner, VOID.property)] = number(inner, VOID.triples)
    return found


def _default(store: Store, subjects: Iterable[object]) -> Iterator[Triple]:
    for subject in subjects:
        for quad in store.quads_for_pattern(subject, None, None, DEFAULT):  # type: ignore[arg-type]
            yield quad.triple


def _stated(store: Store, subject: object) -> Iterator[Quad]:
    found = store.quads_for_pattern(subject, None, None, None)  # type: ignore[arg-type]
    return (quad for quad in found if quad.graph_name != DEFAULT)
