"""Retention: what is tagged or cited stays for ever, what is read stays while it is read."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from pfgraph.errors import ReleaseError
from pfgraph.query.engine import Engine, Request
from pfgraph.releases.keepsakes import Keepsakes
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
from test_history import named


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a shelf of four releases."""
    for name in "abcd":
        named(tmp_path, name)
    return Shelf(tmp_path)


def ids(shelf: Shelf) -> list[str]:
    """Return the releases, the oldest first."""
    return [release.id for release in reversed(shelf.all())]


def pruned(shelf: Shelf, keep: int = 1) -> list[str]:
    """Return what a prune removes."""
    with shelf.writing():
        return shelf.prune(keep)


def test_a_tagged_release_is_not_pruned(shelf: Shelf) -> None:
    """What has a tag stays, however old."""
    before = ids(shelf)
    shelf.keepsakes.tag("v1", before[0])

    assert sorted(pruned(shelf)) == sorted(before[1:3])
    assert ids(shelf) == [before[0], before[3]]


def test_a_cited_release_is_not_pruned(shelf: Shelf) -> None:
    """What is cited stays, however old."""
    before = ids(shelf)
    shelf.keepsakes.cite(before[1])
    pruned(shelf)

    assert ids(shelf) == [before[1], before[3]]


def test_what_is_kept_for_ever_counts_for_none_of_the_newest(shelf: Shelf) -> None:
    """A tag takes no place away from the last N others."""
    before = ids(shelf)
    shelf.keepsakes.tag("v3", before[2])
    pruned(shelf, keep=2)

    assert ids(shelf) == before[1:]


def test_without_its_tag_a_release_is_like_others(shelf: Shelf) -> None:
    """A tag that is taken away keeps nothing."""
    first = ids(shelf)[0]
    shelf.keepsakes.tag("v1", first)
    shelf.keepsakes.untag("v1")

    assert first in pruned(shelf)


def test_a_tag_moves(shelf: Shelf) -> None:
    """One name is of one release."""
    first, second, *_ = ids(shelf)
    shelf.keepsakes.tag("stable", first)
    shelf.keepsakes.tag("stable", second)

    assert shelf.keepsakes.tags() == {"stable": second}
    assert shelf.keepsakes.reasons(first) == []


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "版", "x" * 65])
def test_a_tag_is_a_plain_name(tmp_path: Path, name: str) -> None:
    """What could be another file's name is no tag."""
    with pytest.raises(ReleaseError):
        Keepsakes(tmp_path).tag(name, "0" * 16)


def test_a_release_in_a_cell_is_not_removed(shelf: Shelf) -> None:
    """As long as a cell has a release open, it stays; afterwards it goes."""
    first = shelf.get(ids(shelf)[0])

    async def while_asked() -> list[str]:
        engine = Engine(Settings(home=shelf.home))
        await engine.start()
        await engine.answer(Request("ASK {}", "application/sparql-results+json", first))
        try:
            return pruned(shelf)
        finally:
            await engine.close()

    assert first.id not in asyncio.run(while_asked())
    assert pruned(shelf) == [first.id]


def test_a_release_cited_while_it_is_about_to_go_stays(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is cited after the old ones were listed is looked at once more, under its lock."""
    first = ids(shelf)[0]
    seen: list[str] = []
    before = Keepsakes.reasons

    def reasons(self: Keepsakes, release_id: str) -> list[str]:
        found = before(self, release_id)
        if release_id == first and not seen:
            seen.append(release_id)
            self.cite(release_id)
        return found

    monkeypatch.setattr(Keepsakes, "reasons", reasons)

    assert first not in pruned(shelf)
