"""The shelf: one pointer, one writer, nothing removed that is read."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pfgraph.errors import ReleaseError, ShapesViolated, SourcesRefused, UnknownRelease
from pfgraph.query.engine import Engine, Request
from pfgraph.releases import durability, pipeline
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
from trees import PLATFORMS, write_tree, write_turtle


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the root of a small tree."""
    return write_tree(tmp_path / "sources")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return an empty shelf."""
    return Shelf(tmp_path / "home")


def publish(root: Path, shelf: Shelf, number: int) -> Release:
    """Return a new release in which one more platform is described."""
    more = f"platform:312011-{number} a pf:Platform ; pf:leadGovernment government:312011 ."
    write_turtle(root / "data" / "platforms.ttl", PLATFORMS + more)
    return pipeline.make(root, shelf)


def test_an_empty_shelf_has_no_current_release(shelf: Shelf) -> None:
    """Before the first release there is none, and asking makes no directory."""
    assert shelf.current() is None
    assert shelf.all() == []
    assert not shelf.home.exists()


def test_what_is_published_is_current(root: Path, shelf: Shelf) -> None:
    """A published release is what the pointer names."""
    release = pipeline.make(root, shelf)

    assert shelf.current() == release


def test_publishing_the_same_again_changes_nothing(root: Path, shelf: Shelf) -> None:
    """The same sources give the same release, with the time of the first."""
    first = pipeline.make(root, shelf)
    pointer = (shelf.home / "current").stat()

    assert pipeline.make(root, shelf) == first
    assert (shelf.home / "current").stat() == pointer
    assert list((shelf.home / "drafts").iterdir()) == []


def test_an_older_release_can_be_current_again(root: Path, shelf: Shelf) -> None:
    """Going back is moving the pointer; the newer release stays."""
    old, new = pipeline.make(root, shelf), publish(root, shelf, 2)
    with shelf.writing():
        shelf.use(old.id)

    assert shelf.current_id() == old.id
    assert {release.id for release in shelf.all()} == {old.id, new.id}


def test_releases_are_listed_newest_first(root: Path, shelf: Shelf) -> None:
    """The newest release comes first."""
    made = [publish(root, shelf, number).id for number in (2, 3, 4)]

    assert [release.id for release in shelf.all()] == made[::-1]


@pytest.mark.parametrize("release_id", ["0123456789abcdef", "../current", "", ".."])
def test_an_unknown_id_is_told(shelf: Shelf, release_id: str) -> None:
    """An id that is no release's, or no id at all, raises UnknownRelease."""
    with pytest.raises(UnknownRelease):
        shelf.get(release_id)


def test_refused_sources_leave_the_current_release(root: Path, shelf: Shelf) -> None:
    """Sources with an error make no release."""
    release = pipeline.make(root, shelf)
    write_turtle(root / "data" / "platforms.ttl", PLATFORMS.replace("stage:existing", "stage:exsting"))
    with pytest.raises(SourcesRefused):
        pipeline.make(root, shelf)

    assert shelf.all() == [release]
    assert shelf.current() == release


def test_violated_shapes_leave_the_current_release(root: Path, shelf: Shelf) -> None:
    """Data that violate the shapes make no release."""
    release = pipeline.make(root, shelf)
    write_turtle(root / "data" / "platforms.ttl", PLATFORMS + "platform:312011-2 a pf:Platform .")
    with pytest.raises(ShapesViolated):
        pipeline.make(root, shelf)

    assert shelf.current() == release


def test_unchanged_sources_need_no_build(root: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart with the same files uses the release there is."""
    release = pipeline.make(root, shelf)
    monkeypatch.setattr(pipeline, "make", None)

    assert pipeline.ensure(root, shelf) == release


def test_changed_sources_make_a_new_release(root: Path, shelf: Shelf) -> None:
    """A restart with other files makes another release."""
    release = pipeline.make(root, shelf)
    write_turtle(root / "data" / "platforms.ttl", PLATFORMS.replace("existing", "planned"))

    assert pipeline.ensure(root, shelf) != release


def test_files_in_another_form_need_one_build(root: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other bytes that say the same are looked at once, and give the release there is."""
    release = pipeline.make(root, shelf)
    path = root / "data" / "platforms.ttl"
    path.write_bytes(path.read_bytes() + b"\n")
    again = pipeline.ensure(root, shelf)
    monkeypatch.setattr(pipeline, "make", None)

    assert again == release
    assert pipeline.ensure(root, shelf) == release


def test_drafts_left_over_are_removed(root: Path, shelf: Shelf) -> None:
    """What an interrupted write left is gone at the start of the next."""
    with shelf.writing():
        pass
    (shelf.home / "drafts" / "draft-x" / "store").mkdir(parents=True)
    pipeline.make(root, shelf)

    assert list((shelf.home / "drafts").iterdir()) == []


def test_a_draft_that_is_not_published_is_removed(shelf: Shelf) -> None:
    """A draft lives as long as its release is in the making."""
    with shelf.writing(), shelf.draft() as path:
        (path / "store").mkdir()

    assert list((shelf.home / "drafts").iterdir()) == []


def test_there_is_one_writer(shelf: Shelf) -> None:
    """While one process writes, another waits and is then told so."""
    with shelf.writing():
        script = f"""
from pathlib import Path
from pfgraph.errors import ReleaseError
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
try:
    with Shelf(Path({str(shelf.home)!r})).writing(wait_s=0.1):
        print("written")
except ReleaseError as error:
    print(error.en)
"""
        run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert "Another process is making a release." in run.stdout


def test_the_lock_ends_with_its_holder(shelf: Shelf) -> None:
    """A writer that is killed leaves the shelf free."""
    script = f"""
import os, signal
from pathlib import Path
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
with Shelf(Path({str(shelf.home)!r})).writing(), Shelf(Path({str(shelf.home)!r})).draft():
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", script], check=False)
    with shelf.writing(wait_s=0.1):
        left_over = list((shelf.home / "drafts").iterdir())

    assert left_over == []


def test_pruning_keeps_the_newest(root: Path, shelf: Shelf) -> None:
    """Pruning removes all but the newest releases."""
    made = [publish(root, shelf, number).id for number in (2, 3, 4)]
    with shelf.writing():
        removed = shelf.prune(keep=2)

    assert removed == [made[0]]
    assert [release.id for release in shelf.all()] == [made[2], made[1]]


def test_pruning_keeps_the_current_release(root: Path, shelf: Shelf) -> None:
    """The current release is kept however old it is."""
    old, *_ = [publish(root, shelf, number) for number in (2, 3, 4)]
    with shelf.writing():
        shelf.use(old.id)
        shelf.prune(keep=1)

    assert shelf.all() == [old]


def test_pruning_keeps_what_is_read(root: Path, shelf: Shelf) -> None:
    """A release under a lease is kept until the lease is given back."""
    old = publish(root, shelf, 2)
    publish(root, shelf, 3)
    _, lease = shelf.lease(old.id)
    with shelf.writing():
        with lease:
            kept = shelf.prune(keep=1)
        removed = shelf.prune(keep=1)

    assert (kept, removed) == ([], [old.id])


def test_a_lease_is_on_the_current_release_by_default(root: Path, shelf: Shelf) -> None:
    """Without an id the current release is leased."""
    release = pipeline.make(root, shelf)
    leased, lease = shelf.lease()
    lease.close()

    assert leased == release


def test_an_empty_shelf_leases_nothing(shelf: Shelf) -> None:
    """Without a release there is nothing to lease."""
    with pytest.raises(UnknownRelease):
        shelf.lease()


def test_a_damaged_release_is_made_again(root: Path, shelf: Shelf) -> None:
    """Publishing the same again replaces a release that no longer verifies."""
    release = pipeline.make(root, shelf)
    release.dump_path.write_bytes(b"")
    pipeline.make(root, shelf)

    assert shelf.verify(release.id) == []


def test_a_damaged_release_is_not_taken_from_its_reader(root: Path, shelf: Shelf) -> None:
    """While it is read, a damaged release stays where it is, and that is told."""
    release = pipeline.make(root, shelf)
    release.dump_path.write_bytes(b"")
    _, lease = shelf.lease()
    with lease, pytest.raises(ReleaseError) as caught:
        pipeline.make(root, shelf)

    assert "data.nq.gz" in str(caught.value)
    assert shelf.current_id() == release.id


def test_the_pointer_moves_after_everything_is_on_the_disk(
    root: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files, directories and the new name are synced before the pointer moves."""
    synced: list[str] = []
    original = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        original(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    release = pipeline.make(root, shelf)
    moved = next(n for n, path in enumerate(synced) if Path(path).name.startswith(".current"))
    before = {Path(path).name for path in synced[:moved]}

    assert {path.name for path in release.path.rglob("*")} - before == set()
    assert str(shelf.home / "releases") in synced[:moved]
    assert synced[moved + 1] == str(shelf.home)


def test_a_crash_before_the_pointer_moves_leaves_the_old_release(
    root: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted at the last step, the old release is current; trying again finishes."""
    old = pipeline.make(root, shelf)
    with monkeypatch.context() as patch:
        patch.setattr(durability, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            publish(root, shelf, 2)
    current = shelf.current()
    new = publish(root, shelf, 2)

    assert current == old
    assert shelf.current() == new


def test_a_place_that_cannot_be_written_is_told_in_words(root: Path, tmp_path: Path) -> None:
    """A home that is no directory is told with its path and what to do."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReleaseError) as caught:
        pipeline.make(root, Shelf(tmp_path / "file" / "home"))

    assert str(tmp_path / "file") in caught.value.ja
    assert "PFGRAPH_HOME" in caught.value.en


@pytest.mark.parametrize("words", ["Read-only file system", "No space left on device"])
def test_a_disk_that_refuses_leaves_the_current_release(
    root: Path, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    """A full disk and a read-only directory are told in words, and the current release stays."""
    numbers = {os.strerror(number): number for number in (30, 28)}
    old = pipeline.make(root, shelf)

    def refuse(_: Path) -> None:
        raise OSError(numbers[words], words)

    monkeypatch.setattr(durability, "sync_tree", refuse)
    with pytest.raises(ReleaseError) as caught:
        publish(root, shelf, 2)

    assert words in caught.value.ja
    assert shelf.current() == old


def test_pruning_keeps_what_a_cell_holds(root: Path, shelf: Shelf) -> None:
    """A process that evaluates queries on a release keeps it, and its end gives it free."""
    old = publish(root, shelf, 2)
    publish(root, shelf, 3)

    async def pruned() -> tuple[list[str], list[str]]:
        engine = Engine(Settings(home=shelf.home))
        await engine.start()
        await engine.answer(Request("ASK {}", "application/sparql-results+json", old))
        with shelf.writing():
            kept = shelf.prune(keep=1)
            await engine.close()
            return kept, shelf.prune(keep=1)

    assert asyncio.run(pruned()) == ([], [old.id])
