"""The history: which release was the current one when."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, Triple

from pfgraph.errors import ReleaseError
from pfgraph.namespaces import GRAPH, ID, RDFS
from pfgraph.releases.history import FILE, History, Move, at, read, written
from pfgraph.releases.release import MANIFEST, Release
from pfgraph.releases.shelf import Shelf
from sites import publish

START = datetime(2024, 1, 1, tzinfo=UTC)


def named(home: Path, name: str) -> Release:
    """Publish a release in which something has a name."""
    return publish(home, {GRAPH.x.value: [Triple(ID["x/1"], RDFS.label, Literal(name, language="ja"))]})


def moves(*days: int) -> list[Move]:
    """Return moves to releases that are called after the day."""
    return [Move(START + timedelta(days=day), f"{day:016x}") for day in days]


def test_publishing_is_noted(tmp_path: Path) -> None:
    """Each release that becomes the current one has a line, with the moment."""
    made = [named(tmp_path, name).id for name in "ab"]

    assert [move.release_id for move in Shelf(tmp_path).history.moves()] == made


def test_going_back_is_noted(tmp_path: Path) -> None:
    """A release that is current again has another line."""
    old, new = named(tmp_path, "a"), named(tmp_path, "b")
    shelf = Shelf(tmp_path)
    with shelf.writing():
        shelf.use(old.id)

    assert [move.release_id for move in shelf.history.moves()] == [old.id, new.id, old.id]


def test_publishing_the_same_again_is_not_noted(tmp_path: Path) -> None:
    """What did not move has no line."""
    named(tmp_path, "a")
    named(tmp_path, "a")

    assert len(Shelf(tmp_path).history.moves()) == 1


def test_a_move_whose_note_was_lost_is_noted_at_the_next_write(tmp_path: Path) -> None:
    """After a crash between the pointer and the note, the next writer adds the line."""
    named(tmp_path, "a")
    before = (tmp_path / FILE).read_bytes()
    new = named(tmp_path, "b")
    (tmp_path / FILE).write_bytes(before)
    shelf = Shelf(tmp_path)
    with shelf.writing():
        pass

    assert shelf.history.moves()[-1].release_id == new.id


def test_half_a_line_is_none(tmp_path: Path) -> None:
    """What a crash left of a line, and what is no line at all, is passed over."""
    whole = moves(1)[0]
    (tmp_path / FILE).write_text(f"rubbish\n{whole.line}\n2024-01-03T00:00")

    assert History(tmp_path).moves() == [whole]


def test_a_release_older_than_the_history_counts_from_its_making(tmp_path: Path) -> None:
    """A home that has no history yet has a timeline all the same."""
    made = [named(tmp_path, name) for name in "ab"]
    (tmp_path / FILE).unlink()

    assert Shelf(tmp_path).timeline() == [Move(read(each.manifest.created), each.id) for each in made]


def test_a_release_that_is_gone_is_not_in_the_timeline(tmp_path: Path) -> None:
    """Nobody is sent to what was removed."""
    made = [named(tmp_path, name) for name in "ab"]
    shelf = Shelf(tmp_path)
    shelf.prune(1)

    assert [move.release_id for move in shelf.timeline()] == [made[1].id]


def test_the_timeline_needs_no_manifest(tmp_path: Path) -> None:
    """Of releases that the history names, not one is opened: there may be thousands."""
    made = [named(tmp_path, name) for name in "ab"]
    for each in made:
        (each.path / MANIFEST).unlink()

    assert [move.release_id for move in Shelf(tmp_path).timeline()] == [each.id for each in made]


def test_a_release_that_goes_meanwhile_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who lists the releases while one is removed has the others; a damaged one is told of."""
    made = [named(tmp_path, name) for name in "ab"]
    opened, shelf = Release.open, Shelf(tmp_path)

    def one_goes(path: Path) -> Release:
        shutil.rmtree(made[0].path, ignore_errors=True)
        return opened(path)

    listed = [*shelf._ids()]
    monkeypatch.setattr(shelf, "_ids", lambda: listed)
    monkeypatch.setattr(Release, "open", one_goes)

    assert [release.id for release in shelf.all()] == [made[1].id]
    (made[1].path / MANIFEST).write_bytes(b"{")
    with pytest.raises(ReleaseError):
        shelf.all()


@given(st.lists(st.integers(0, 300), min_size=1, max_size=20, unique=True), st.integers(-5, 310))
def test_a_moment_belongs_to_the_last_move_before_it(days: list[int], day: int) -> None:
    """The release of a moment is that of the last move before it; before the first, the first."""
    found = at(moves(*sorted(days)), START + timedelta(days=day))

    assert found == f"{max((d for d in days if d <= day), default=min(days)):016x}"


def test_without_releases_no_moment_has_one() -> None:
    """An empty history has no answer."""
    assert at([], START) is None


@given(st.datetimes(START.replace(year=1970, tzinfo=None), START.replace(year=2200, tzinfo=None)))
def test_moments_are_read_as_they_are_written(moment: datetime) -> None:
    """Milliseconds survive."""
    whole = moment.replace(tzinfo=UTC, microsecond=moment.microsecond // 1000 * 1000)

    assert read(written(whole)) == whole


@pytest.mark.parametrize("text", ["2024-01-01T00:00:00", "2024-01-01T09:00:00+09:00"])
def test_moments_are_in_utc(text: str) -> None:
    """A moment without a zone is in UTC, one with another zone is the same moment in UTC."""
    assert written(read(text)) == "2024-01-01T00:00:00.000Z"
