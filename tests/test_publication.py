"""What follows from a change, brought up to date: it is what building everything anew would give."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeGuard

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from pfgraph.errors import ShapesViolated
from pfgraph.graph import linksets, metadata, partitions, rules, statistics, validation
from pfgraph.namespaces import GRAPH, ID, PF, RDF, VOID, Namespace, shipped_sources
from pfgraph.publish.publication import Outcome, Terms, publish
from pfgraph.publish.updates import Editor, Update
from pfgraph.releases import pipeline
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from writing import PREFIXES

TERMS = Terms(frozenset({"write"}))
CITY = "<https://w3id.org/pfgraph/id/government/312011>"
NOTES = [
    f"INSERT DATA {{ {CITY} skos:altLabel 'x'@ja }}",
    f"INSERT DATA {{ {CITY} skos:editorialNote 'あ'@ja , 'a'@en }}",
    f"INSERT DATA {{ GRAPH <https://w3id.org/pfgraph/graph/data/more> {{ {CITY} skos:altLabel 'y'@ja }} }}",
    f"""DELETE {{ GRAPH ?g {{ {CITY} ?p ?o }} }} INSERT {{ GRAPH ?g {{ {CITY} ?p '鳥取の市'@ja }} }}
    WHERE {{ GRAPH ?g {{ VALUES ?p {{ <http://www.w3.org/2000/01/rdf-schema#label> }} {CITY} ?p ?o }}
    FILTER(LANG(?o) = 'ja') }}""",
    "DROP GRAPH <https://w3id.org/pfgraph/graph/data/more>",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a release of the sources in this checkout, for tests to copy."""
    home = tmp_path_factory.mktemp("made")
    pipeline.make(shipped_sources(), Shelf(home))
    return home


@pytest.fixture
def shelf(made: Path, tmp_path: Path) -> Shelf:
    """Return a shelf with a release of the sources in this checkout."""
    return Shelf(Path(shutil.copytree(made, tmp_path / "home")))


def update(shelf: Shelf, text: str, terms: Terms = TERMS) -> Outcome:
    """Return what became of an update."""
    return publish(shelf, lambda editor: editor.update(Update(PREFIXES + text)), terms)


def assert_follows(store: Store) -> None:
    """Raise AssertionError where something in a store does not follow from the rest of it."""
    graphs: dict[NamedNode, set[Triple]] = {g: set() for g in store.named_graphs() if isinstance(g, NamedNode)}
    default = set()
    for quad in store:
        (default if isinstance(quad.graph_name, DefaultGraph) else graphs[quad.graph_name]).add(quad.triple)  # type: ignore[index]
    said = set().union(*(t for g, t in graphs.items() if g not in {GRAPH["derived"], GRAPH["metadata"]}))
    numbers = graphs[GRAPH["metadata"]]
    counted = set(metadata.counts(statistics.count(default), {g.value: len(t) for g, t in graphs.items()}))
    led = {*partitions.values(default), *linksets.links(default)}

    assert default == set().union(*graphs.values())
    assert graphs[GRAPH["derived"]] == rules.derive(said, graphs[GRAPH["ontology/rules"]])
    assert {triple for triple in numbers if metadata.counted(triple)} == counted
    assert led <= numbers
    assert {t for t in numbers if t.predicate == VOID.vocabulary} == set(linksets.vocabularies(default))
    assert {t for t in numbers if t.predicate == VOID.exampleResource} == {
        t for t in linksets.examples(default) if t.predicate == VOID.exampleResource
    }


def test_what_follows_is_what_a_build_would_give(shelf: Shelf) -> None:
    """After each of several writes the default graph, derived facts, numbers, digest and verdict are those in full."""
    for text in NOTES:
        release: Release = update(shelf, text).release
        store = Store.read_only(str(release.store_path))
        shapes = {q.triple for n in pipeline.SHAPES for q in store.quads_for_pattern(None, None, None, GRAPH[n])}
        default = [quad.triple for quad in store.quads_for_pattern(None, None, None, DefaultGraph())]

        assert_follows(store)
        assert list(release.faults()) == []
        assert release.manifest.triples == len(default)
        assert validation.validate(default, shapes).conforms


@pytest.mark.parametrize("seed", range(8))
def test_what_follows_from_any_change(shelf: Shelf, seed: int) -> None:
    """Random facts of ours removed and crossed, valid or not, leave nothing that does not follow."""
    chance = random.Random(seed)
    current = shelf.current()
    assert current is not None
    quads = sorted((q for q in Store.read_only(str(current.store_path)) if _is_ours(q)), key=str)
    stores: list[Store] = []

    def change(editor: Editor) -> None:
        for _ in range(chance.choice([1, 2, 8])):
            one, other = chance.choice(quads), chance.choice(quads)
            if chance.random() < 0.5:
                editor.remove([one])
            else:
                editor.add([Quad(one.subject, other.predicate, other.object, one.graph_name)])

    assert_follows(_followed(shelf, change, stores))


def test_newcomers_are_shown_what_there_is(shelf: Shelf) -> None:
    """An example that goes is replaced, an earlier thing is shown, and vocabularies come and go."""
    current = shelf.current()
    assert current is not None
    store = Store.read_only(str(current.store_path))
    shown = set(_told(store, VOID.exampleResource))
    ours = [quad for quad in store if _is_ours(quad)]
    rare = Counter(linksets.vocabulary(quad.predicate.value) for quad in ours).most_common()[-1][0]
    went = [quad for quad in ours if quad.subject in shown and quad.predicate == RDF.type]
    went += [q for q in ours if rare in {linksets.vocabulary(t.value) for t in (q.predicate, q.object) if _is_term(t)}]
    thing, place = ID["platform/000000-1"], GRAPH["data/more"]
    came = [(RDF.type, PF.Platform), (Namespace("hydra")["totalItems"], Literal(1))]

    def change(editor: Editor) -> None:
        editor.remove(went)
        editor.add(Quad(thing, predicate, value, place) for predicate, value in came)

    after = _followed(shelf, change, [])

    assert_follows(after)
    assert thing in set(_told(after, VOID.exampleResource))
    assert not {quad.subject for quad in went if quad.predicate == RDF.type} & set(_told(after, VOID.exampleResource))
    assert NamedNode(str(Namespace("hydra"))) in set(_told(after, VOID.vocabulary))
    assert rare not in set(_told(after, VOID.vocabulary))


def _is_term(term: object) -> TypeGuard[NamedNode]:
    return isinstance(term, NamedNode)


def _told(store: Store, predicate: NamedNode) -> Iterator[object]:
    """Yield the values of a property in what a release says of itself."""
    for quad in store.quads_for_pattern(None, predicate, None, GRAPH["metadata"]):
        yield quad.object


def _is_ours(quad: Quad) -> bool:
    return "/id/" in str(quad.subject) and str(quad.graph_name).startswith(f"<{GRAPH}data/")


def _followed(shelf: Shelf, change: Callable[[Editor], None], stores: list[Store]) -> Store:
    """Return what a change makes of the store, published or not, since the shapes may well not allow it."""
    from pfgraph.publish import gate, publication  # noqa: PLC0415

    judge = gate.judge

    def seen(changes: gate.Changes, *rest: object) -> gate.Verdict:
        copy = Store()
        copy.bulk_extend(changes.new)
        for graph in changes.new.named_graphs():
            copy.add_graph(graph)
        stores.append(copy)
        return judge(changes, *rest)  # type: ignore[arg-type]

    publication.gate.judge = seen  # type: ignore[assignment]
    try:
        publish(shelf, change, Terms(frozenset({"write"}), dry=True))
    finally:
        publication.gate.judge = judge
    return stores[0]


def test_what_comes_next_is_judged_by_changed_shapes(shelf: Shelf) -> None:
    """After writes that leave the shapes alone, one that removes a property shape lets pass what it forbade."""
    note = f"INSERT DATA {{ {CITY} skos:editorialNote 'c'@fr }}"
    update(shelf, NOTES[0])
    with pytest.raises(ShapesViolated) as caught:
        update(shelf, note)
    refusing = " ".join(sorted({str(result.source_shape) for result in caught.value.report.results}))
    where = f"GRAPH <{GRAPH['ontology/shapes'].value}> {{ VALUES ?shape {{ {refusing} }} ?s ?p ?shape }}"
    terms = Terms(frozenset({"write", "ontology"}))
    targets = f"GRAPH <{GRAPH['ontology/shapes'].value}> {{ VALUES ?s {{ {refusing} }} ?s ?p ?o }}"
    update(shelf, f"DELETE {{ {where.replace(f'VALUES ?shape {{ {refusing} }}', '')} }} WHERE {{ {where} }}", terms)
    update(shelf, f"DELETE {{ {targets.replace(f'VALUES ?s {{ {refusing} }}', '')} }} WHERE {{ {targets} }}", terms)

    assert update(shelf, note).changed


def test_a_refused_write_changes_nothing(shelf: Shelf) -> None:
    """What the shapes do not allow is told by focus node, and leaves no trace."""
    before = shelf.current_id()
    with pytest.raises(ShapesViolated) as caught:
        update(shelf, f"INSERT DATA {{ {CITY} skos:editorialNote 'c'@fr }}")

    assert "312011" in caught.value.report.to_text("ja")
    assert shelf.current_id() == before
    assert list((shelf.home / "drafts").iterdir()) == []
    assert len(shelf.all()) == 1
