"""How stores of written releases are laid on one another: whatever they share, each holds what it should by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store

from pfgraph.publish.publication import Outcome, Terms, publish
from pfgraph.publish.updates import Editor
from pfgraph.releases import layers
from pfgraph.releases.change import Change
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from sites import publish as publish_graphs

TERMS = Terms(frozenset({"write"}), plain=True)
G, H = NamedNode("http://example.org/g"), NamedNode("http://example.org/h")
GRAPHS: list[DefaultGraph | NamedNode] = [DefaultGraph(), G, H]
SIZES = [1, 1, 1, 30, 1, 40, 3, 35, 1, 60, 2, 80, 1, 1200, 1, 30]


def quads(numbers: range) -> list[Quad]:
    """Return some quads in three graphs, one of them about a blank node."""
    p = NamedNode("http://example.org/p")
    return [
        Quad(BlankNode(f"b{n}") if n % 7 == 0 else NamedNode(f"http://example.org/{n}"), p, Literal(n), GRAPHS[n % 3])
        for n in numbers
    ]


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """Return a shelf with a release of some quads, where more than a few quads are many."""
    monkeypatch.setattr(layers, "FEW", 6)
    publish_graphs(tmp_path, {graph.value: [quad.triple for quad in quads(range(900))] for graph in (G, H)})
    return Shelf(tmp_path)


def write(shelf: Shelf, removed: list[Quad], added: list[Quad]) -> Outcome:
    """Return what became of a change."""

    def change(editor: Editor) -> None:
        editor.remove(removed)
        editor.add(added)

    return publish(shelf, change, TERMS)


def content(release: Release) -> set[Quad]:
    """Return all that a release's store holds."""
    return set(Store.read_only(str(release.store_path)))


def written(shelf: Shelf) -> Iterator[tuple[Release, set[Quad]]]:
    """Yield releases of changes of all sizes, one on the other, and what each should hold."""
    chance = random.Random(20231121)
    current = shelf.current()
    assert current is not None
    held, start = content(current), 1000
    for size in SIZES:
        removed = chance.sample(sorted(held, key=str), size // 2)
        added = quads(range(start, start + size))
        # What went comes back now and then: layers that are merged must not keep both.
        added += chance.sample(removed, len(removed) // 3)
        start += size
        held = (held - set(removed)) | set(added)
        yield write(shelf, removed, added).release, held


def test_a_store_holds_what_was_written(shelf: Shelf) -> None:
    """Whatever a release is laid on, its store holds what the changes come to, and its digest is true."""
    found = list(written(shelf))

    assert {release.manifest.laid_on == release.manifest.parent for release, _ in found} == {True, False}
    assert any(release.manifest.laid_on == "" for release, _ in found)
    assert [content(release) == held for release, held in found] == [True] * len(SIZES)
    assert [list(release.faults()) for release, _ in found] == [[]] * len(SIZES)


def test_a_release_needs_no_other(shelf: Shelf) -> None:
    """Once all earlier releases are removed, the current one is whole, and can be written on."""
    release, held = list(written(shelf))[-1]
    with shelf.writing():
        shelf.prune(keep=1)
    added = quads(range(5000, 5040))
    after = write(shelf, [], added).release

    assert list(release.faults()) == []
    assert content(after) == held | set(added)


def test_few_quads_are_laid_on_one_ground(shelf: Shelf) -> None:
    """Changes of a fact or two pile up as one layer, so that a store does not become a heap of files."""
    first = shelf.current()
    assert first is not None
    found = [write(shelf, [], quads(range(n, n + 1))).release for n in range(2000, 2004)]

    assert [release.manifest.laid_on for release in found] == [first.id] * 4
    assert [release.manifest.layer for release in found] == [1, 2, 3, 4]


def test_releases_share_what_is_large(shelf: Shelf) -> None:
    """After changes of many quads, the files of the first release are in later ones too."""
    first = shelf.current()
    assert first is not None
    # Column families of a few names may be compacted before a store is closed; they weigh nothing.
    large = {file.stat().st_ino for file in first.store_path.glob("*.sst") if file.stat().st_size > 4096}
    found = [write(shelf, [], quads(range(n, n + 20))).release for n in range(2000, 2200, 20)]
    shared = [large & {file.stat().st_ino for file in release.store_path.glob("*.sst")} for release in found]

    assert all(release.manifest.laid_on for release in found)
    assert len(large) >= 9
    assert max(map(len, shared)) == len(large)


def test_nothing_is_left_of_the_making(shelf: Shelf) -> None:
    """A release has no store but the one it is read from; of a layer of more than a few quads no log is left in it."""
    found = [release for release, _ in written(shelf) if release.manifest.laid_on]
    logs = [any(log.stat().st_size for log in release.store_path.glob("*.log")) for release in found]

    for release in found:
        assert {path.name for path in release.path.iterdir() if path.is_dir()} <= {"store", "queries", "ontology"}
        assert not [*release.store_path.glob("LO*")]
    assert [release.manifest.layer <= layers.FEW for release in found] == logs
    assert {*logs} == {True, False}


def test_what_a_log_holds_outlives_the_next_layer(shelf: Shelf) -> None:
    """A store whose last changes are in its log is copied with them, to be written on or to be laid on."""
    first = write(shelf, [], quads(range(3000, 3003))).release
    clone = shelf.home / "clone"
    layers.clone(first.store_path, clone)

    assert set(Store.read_only(str(clone))) == set(Store(str(clone))) == content(first) > set(quads(range(3000, 3003)))


def test_changes_add_up() -> None:
    """What a later change undoes is no change, of quads and of graphs."""
    a, b, c, d = quads(range(4))
    one = Change(removed=frozenset({a}), added=frozenset({b, c}), graphs_added=frozenset({H}))
    two = Change(frozenset({b}), frozenset({a, d}), graphs_removed=frozenset({H}), graphs_added=frozenset({G}))
    both = Change.of_bytes(one.then(two).to_bytes())

    assert both == Change(added=frozenset({c, d}), graphs_added=frozenset({G}))


def test_a_literal_with_line_ends_comes_back() -> None:
    """A change is read back as it was, whatever its literals hold."""
    text = Literal("a\nb\r\u2028c\x85 + . \\n \"'", language="ja")
    change = Change(added=frozenset({Quad(BlankNode("x"), NamedNode("urn:p"), text, DefaultGraph())}))

    assert Change.of_bytes(change.to_bytes()) == change
