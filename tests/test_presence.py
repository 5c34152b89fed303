"""Which releases speak of a thing: told from the changes that releases are laid with, and as their stores would."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Store, Triple

from pfgraph.namespaces import GRAPH, ID
from pfgraph.publish.publication import Terms
from pfgraph.publish.publication import publish as write
from pfgraph.publish.updates import Update
from pfgraph.releases import archive, restoring
from pfgraph.releases.differences import difference
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.web import presence
from pfgraph.web.presence import Presence
from sites import publish

THINGS = ("x/1", "x/2", "x/3")
IN_A_TRIPLE = ("{x} <urn:p> 1", "<urn:s> {x} 1", "<urn:s> <urn:p> {x}", "<urn:s> <urn:p> 'not {x}'")
# So many that a change is laid on them, and makes no store of its own.
MANY = [Triple(NamedNode(f"urn:m:{number}"), NamedNode("urn:m"), NamedNode("urn:m")) for number in range(500)]
STEP = st.tuples(st.sampled_from(["INSERT", "DELETE"]), st.sampled_from(THINGS), st.sampled_from(IN_A_TRIPLE))


def told(shelf: Shelf, key: str) -> dict[str, bool]:
    """Return whether each release is said to speak of a thing."""
    asked = Presence(shelf)
    return {release.id: asyncio.run(asked.of(release, f"/doc/{key}")) for release in shelf.all()}


def found(shelf: Shelf, key: str) -> dict[str, bool]:
    """Return whether the store of each release has a triple with a thing in it."""
    node = ID[key]
    stores = {release.id: Store.read_only(str(release.store_path)) for release in shelf.all()}
    return {name: any(node in (q.subject, q.predicate, q.object) for q in store) for name, store in stores.items()}


def change(shelf: Shelf, operation: str, triple: str) -> None:
    """Make a release."""
    text = f"{operation} DATA {{ GRAPH <{GRAPH.x.value}> {{ {triple} }} }}"
    write(shelf, lambda editor: editor.update(Update(text)), Terms(frozenset({"write"})))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=1, max_size=5), st.integers(1, 6))
def test_presence_is_what_the_stores_say(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str, str]], keep: int
) -> None:
    """Whatever is written, and whichever releases are removed since, each thing is where a store speaks of it."""
    home = tmp_path_factory.mktemp("home")
    publish(home, {GRAPH.x.value: MANY})
    shelf = Shelf(home)
    for number, (operation, key, pattern) in enumerate(steps):
        change(shelf, operation, pattern.format(x=ID[key]))
        change(shelf, "INSERT", f"<urn:n> <urn:n> {number}")
    shelf.prune(keep)

    assert {key: told(shelf, key) for key in THINGS} == {key: found(shelf, key) for key in THINGS}


def test_few_stores_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of releases whose changes tell, no store is opened: only the one that the others are laid on."""
    publish(tmp_path, {GRAPH.x.value: MANY})
    shelf = Shelf(tmp_path)
    for number in range(5):
        change(shelf, "INSERT", f"<urn:n> <urn:n> {number}")
    change(shelf, "INSERT", f"{ID['x/1']} <urn:p> 1")
    opened: list[str] = []
    speaks_of = presence._speaks_of

    def counted(release: Release, node: NamedNode) -> bool:
        opened.append(release.id)
        return speaks_of(release, node)

    monkeypatch.setattr(presence, "_speaks_of", counted)
    last, *others = shelf.all()

    assert told(shelf, "x/1") == {last.id: True, **{release.id: False for release in others}}
    assert opened == [others[-1].id]


def test_releases_laid_on_each_other_are_no_circle(tmp_path: Path) -> None:
    """A release that was removed and is made anew, laid on what was laid on it, is asked, compared and kept as any."""
    base = publish(tmp_path / "home", {GRAPH.x.value: MANY})
    shelf = Shelf(tmp_path / "home")
    change(shelf, "INSERT", "<urn:n> <urn:n> 1")
    shelf.prune(1)
    change(shelf, "DELETE", "<urn:n> <urn:n> 1")
    anew, other = shelf.all()
    archive.backup(shelf, tmp_path / "backup")
    restored = Shelf(tmp_path / "restored")
    restoring.restore(tmp_path / "backup", restored)

    assert (anew.id, anew.manifest.laid_on, other.manifest.laid_on) == (base.id, other.id, base.id)
    assert told(shelf, "x/1") == found(shelf, "x/1")
    assert len(difference(shelf, other, anew).removed) == 2
    assert [restored.verify(release.id) for release in restored.all()] == [[], []]
