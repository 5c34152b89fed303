"""A backup: one file, from which another home serves the same, or nothing is restored."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, Quad, Triple

from pfgraph.errors import ReleaseError
from pfgraph.namespaces import GRAPH, ID, RDF, RDFS
from pfgraph.publish.publication import Terms
from pfgraph.publish.publication import publish as write
from pfgraph.publish.updates import Update
from pfgraph.releases import archive, restoring
from pfgraph.releases.change import Change
from pfgraph.releases.shelf import Shelf
from sites import publish
from test_history import named


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a shelf of two releases, one of them tagged."""
    first = named(tmp_path / "home", '鳥取\u2028市\n"\\')
    named(tmp_path / "home", "b")
    shelf = Shelf(tmp_path / "home")
    shelf.keepsakes.tag("v1", first.id)
    return shelf


@pytest.fixture(scope="module")
def damageable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a backup of a home with two releases."""
    home = tmp_path_factory.mktemp("damageable")
    for name in ('鳥取\u2028市\n"\\', "b"):
        named(home / "home", name)
    archive.backup(Shelf(home / "home"), home / "backup")
    return home / "backup"


@pytest.fixture
def file(shelf: Shelf, tmp_path: Path) -> Path:
    """Return a backup of the shelf."""
    archive.backup(shelf, tmp_path / "backup.tar.zst")
    return tmp_path / "backup.tar.zst"


def entries(file: Path) -> dict[str, bytes]:
    """Return the files in a backup."""
    with zstandard.open(file, "rb") as packed, tarfile.open(fileobj=io.BytesIO(packed.read())) as tar:
        return {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]


def repacked(file: Path, contents: dict[str, bytes]) -> Path:
    """Write a backup of other contents."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    file.write_bytes(zstandard.compress(plain.getvalue()))
    return file


def test_another_home_has_the_same_releases(shelf: Shelf, file: Path, tmp_path: Path) -> None:
    """Releases, their digests, the current one, tags and history are as they were, and verify."""
    other = Shelf(tmp_path / "other")
    restoring.restore(file, other)

    assert [r.manifest.digest for r in other.all()] == [r.manifest.digest for r in shelf.all()]
    assert [other.verify(release.id) for release in other.all()] == [[], []]
    assert other.current_id() == shelf.current_id()
    assert other.keepsakes.tags() == shelf.keepsakes.tags()
    assert other.history.moves() == shelf.history.moves()


def test_a_backup_of_the_restored_is_the_same_file(file: Path, tmp_path: Path) -> None:
    """Nothing is lost or added on the way: the second backup has the bytes of the first."""
    other = Shelf(tmp_path / "other")
    restoring.restore(file, other)
    archive.backup(other, tmp_path / "again.tar.zst")

    assert (tmp_path / "again.tar.zst").read_bytes() == file.read_bytes()


def test_lists_survive(tmp_path: Path) -> None:
    """The blank nodes of lists have the same labels, since the digest is over them."""
    node = BlankNode("first")
    triples = [Triple(ID["x/1"], RDFS.member, node), Triple(node, RDF.first, Literal("1"))]
    made = publish(tmp_path / "home", {GRAPH.x.value: triples})
    archive.backup(Shelf(tmp_path / "home"), tmp_path / "b")
    other = Shelf(tmp_path / "other")
    restoring.restore(tmp_path / "b", other)

    assert other.verify(made.id) == []


def test_what_is_there_stays(file: Path, tmp_path: Path) -> None:
    """A home with releases of its own keeps them, and its current one."""
    own = named(tmp_path / "other", "own")
    other = Shelf(tmp_path / "other")
    restoring.restore(file, other)

    assert other.current_id() == own.id
    assert len(other.all()) == 3


def test_the_restored_release_becomes_current_on_demand(shelf: Shelf, file: Path, tmp_path: Path) -> None:
    """With `switch` the backup's current release is the current one."""
    named(tmp_path / "other", "own")
    other = Shelf(tmp_path / "other")
    restoring.restore(file, other, switch=True)

    assert other.current_id() == shelf.current_id()


def test_restoring_twice_changes_nothing(file: Path, tmp_path: Path) -> None:
    """What is there already is not made again."""
    other = Shelf(tmp_path / "other")
    restoring.restore(file, other)
    before = sorted((path, path.stat().st_mtime_ns) for path in (other.home / "releases").rglob("*"))
    restoring.restore(file, other)

    assert sorted((path, path.stat().st_mtime_ns) for path in (other.home / "releases").rglob("*")) == before


def test_a_standard_tool_reads_it(file: Path) -> None:
    """A backup is a tar, compressed by zstd, with sums as `sha256sum` writes them."""
    found = entries(file)
    quads = [name for name in found if name.endswith("/data.nq")]

    assert len(quads) == 2
    assert len(found["SHA256SUMS"].splitlines()) == len(found) - 1


def test_a_second_release_costs_what_it_changes(shipped_home: Path, tmp_path: Path) -> None:
    """Two releases that are nearly alike take little more room than one."""
    shelf = Shelf(shipped_home)
    one = archive.backup(shelf, tmp_path / "one") and (tmp_path / "one").stat().st_size

    assert one < 600_000


@pytest.fixture
def laid(tmp_path: Path) -> Shelf:
    """Return a shelf of a release, a large change to it, small ones, and one that a list and a graph come with."""
    many = [Triple(ID[f"x/{number}"], RDFS.label, Literal("x", language="ja")) for number in range(5000)]
    publish(tmp_path / "laid", {GRAPH.x.value: many})
    shelf = Shelf(tmp_path / "laid")
    more = " ".join(f"{ID[f'y/{number}']} {RDFS.label} {number} ." for number in range(600))
    graph = f"GRAPH {GRAPH.x}"
    for text in (
        f"INSERT DATA {{ {graph} {{ {more} }} }}",
        f"INSERT DATA {{ {graph} {{ {ID['x/1']} {RDFS.comment} '\u2028' . <urn:s> <urn:p> _:b . _:b <urn:p> 1 }} }}",
        f"DELETE DATA {{ {graph} {{ {ID['x/1']} {RDFS.label} 'x'@ja }} }} ; CREATE GRAPH <urn:empty>",
    ):
        write(shelf, lambda editor, text=text: editor.update(Update(text)), Terms(frozenset({"write"})))  # type: ignore[misc]
    return shelf


def test_what_was_laid_is_laid_again(laid: Shelf, tmp_path: Path) -> None:
    """Releases that share files share them again: a backup has the quads of the first only, and all of them verify."""
    file = tmp_path / "backup.tar.zst"
    archive.backup(laid, file)
    other = Shelf(tmp_path / "other")
    restoring.restore(file, other)

    assert sum(name.endswith("/data.nq") for name in entries(file)) == 1
    assert [other.verify(release.id) for release in other.all()] == [[]] * 4
    assert [r.manifest for r in other.all()] == [r.manifest for r in laid.all()]
    assert weight(other) < 1.2 * weight(laid)
    archive.backup(other, tmp_path / "again.tar.zst")
    assert (tmp_path / "again.tar.zst").read_bytes() == file.read_bytes()


def weight(shelf: Shelf) -> int:
    """Return what the releases of a shelf take on the disk, each file once."""
    stats = [file.stat() for file in (shelf.home / "releases").rglob("*")]
    return sum({stat.st_ino: stat.st_blocks for stat in stats}.values())


def test_what_is_written_on_the_restored_is_laid_on_it(laid: Shelf, tmp_path: Path) -> None:
    """The next release of the other home shares files with those that were restored."""
    archive.backup(laid, tmp_path / "backup.tar.zst")
    other = Shelf(tmp_path / "other")
    restoring.restore(tmp_path / "backup.tar.zst", other)
    made = write(other, lambda e: e.update(Update("INSERT DATA { <urn:a> <urn:b> 1 }")), Terms(frozenset({"write"})))

    assert made.release.manifest.laid_on
    assert other.verify(made.release.id) == []


def test_a_release_whose_ground_was_removed_has_its_quads(laid: Shelf, tmp_path: Path) -> None:
    """What cannot be made from another release is in the backup as a whole."""
    laid.prune(1)
    archive.backup(laid, tmp_path / "backup.tar.zst")
    other = Shelf(tmp_path / "other")
    restoring.restore(tmp_path / "backup.tar.zst", other)

    assert [other.verify(release.id) for release in other.all()] == [[]]


def test_a_backup_of_the_first_format_is_read(laid: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A backup that an earlier pfgraph made, where every release has its quads, is restored."""
    written = archive._write_release
    monkeypatch.setattr(archive, "FORMATS", (1,))
    monkeypatch.setattr(archive, "_write_release", lambda release, writer, whole: written(release, writer, whole=True))
    archive.backup(laid, tmp_path / "backup.tar.zst")
    monkeypatch.undo()
    other = Shelf(tmp_path / "other")
    restoring.restore(tmp_path / "backup.tar.zst", other)

    assert sum(name.endswith("/data.nq") for name in entries(tmp_path / "backup.tar.zst")) == 4
    assert [other.verify(release.id) for release in other.all()] == [[]] * 4


def gone(change: Change) -> bytes:
    """Return no change at all."""
    return Change().to_bytes()


def twice(change: Change) -> bytes:
    """Return a change with a quad that is removed though it is not there, and one for it that makes up for the sum."""
    own = Quad(ID["z/1"], RDFS.label, Literal("z"), GRAPH.x)
    return replace(change, removed=change.removed | {own}, added=change.added | {own}).to_bytes()


def no_gzip(change: Change) -> bytes:
    """Return what is not compressed."""
    return b"+ <urn:a> <urn:b> <urn:c> ."


def no_quads(change: Change) -> bytes:
    """Return what has no quads in it."""
    return gzip.compress(b"+ nothing at all\n")


@pytest.mark.parametrize("forged", [gone, twice, no_gzip, no_quads])
def test_a_change_that_is_another_is_refused(laid: Shelf, tmp_path: Path, forged: Callable[[Change], bytes]) -> None:
    """A change that does not lead to the release's digest restores nothing, though every sum in the backup is right."""
    archive.backup(laid, tmp_path / "backup.tar.zst")
    contents = entries(tmp_path / "backup.tar.zst")
    name = next(name for name in contents if name.endswith("/change.gz"))
    about = name.replace("change.gz", "manifest.json")
    content = contents[name] = forged(Change.of_bytes(contents[name]))
    manifest = json.loads(contents[about])
    manifest["files"]["change.gz"] = sha256(content).hexdigest()
    contents[about] = json.dumps(manifest).encode()
    summed = {name: content for name, content in contents.items() if name != "SHA256SUMS"}
    sums = "".join(f"{sha256(content).hexdigest()}  {name}\n" for name, content in summed.items())
    other = Shelf(tmp_path / "other")
    with pytest.raises(ReleaseError) as told:
        restoring.restore(repacked(tmp_path / "forged", {**summed, "SHA256SUMS": sums.encode()}), other)

    assert "change.gz" in str(told.value)
    assert other.all() == []


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.none() | st.integers(1, 255))
def test_a_damaged_backup_restores_nothing(damageable: Path, place: int, bits: int | None) -> None:
    """Cut off anywhere, a backup is refused; with any byte changed too, unless all that it holds is as it was."""
    content = bytearray(damageable.read_bytes())
    place %= len(content)
    if bits is None:
        content = content[:place]
    else:
        content[place] ^= bits
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "damaged").write_bytes(content)
        other = Shelf(Path(folder) / "other")
        try:
            restoring.restore(Path(folder) / "damaged", other)
        except ReleaseError:
            assert other.all() == []
            assert other.current_id() is None
        else:
            assert bits is not None
            archive.backup(other, Path(folder) / "again")
            assert (Path(folder) / "again").read_bytes() == damageable.read_bytes()


@pytest.mark.parametrize("missing", [1, 2, 3, 4, 5, 20])
def test_the_very_end_of_a_backup_is_needed(file: Path, tmp_path: Path, missing: int) -> None:
    """A backup that lacks its last byte was not written to its end, whatever that byte is for."""
    (tmp_path / "cut").write_bytes(file.read_bytes()[:-missing])
    with pytest.raises(ReleaseError):
        restoring.restore(tmp_path / "cut", Shelf(tmp_path / "other"))


@pytest.mark.parametrize("name", ["../x", "/etc/x", "releases/x", "tags/../../x", "releases/0123456789abcdef/../../x"])
def test_nothing_is_written_elsewhere(file: Path, tmp_path: Path, name: str) -> None:
    """A name that leads out of its place is no backup's."""
    repacked(file, {**entries(file), name: b"x"})
    with pytest.raises(ReleaseError):
        restoring.restore(file, Shelf(tmp_path / "other"))

    assert not list(tmp_path.parent.rglob("x"))


def test_quads_that_are_not_the_releases_are_refused(file: Path, tmp_path: Path) -> None:
    """Sums that fit do not help where the digest does not."""
    import hashlib  # noqa: PLC0415

    found = entries(file)
    name = next(name for name in found if name.endswith("/data.nq"))
    found[name] = found[name].replace(b"b", b"c")
    del found["SHA256SUMS"]
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {each}\n" for each, content in found.items())
    repacked(file, {**found, "SHA256SUMS": sums.encode()})
    with pytest.raises(ReleaseError):
        restoring.restore(file, Shelf(tmp_path / "other"))

    assert Shelf(tmp_path / "other").all() == []


def test_verifying_keeps_nothing(file: Path, tmp_path: Path) -> None:
    """A backup can be tried without being restored."""
    other = Shelf(tmp_path / "other")
    contents = restoring.verify(file, other)

    assert len(contents.releases) == 2
    assert other.all() == []


def test_an_empty_home_has_a_backup(tmp_path: Path) -> None:
    """Before the first release a backup holds none."""
    archive.backup(Shelf(tmp_path / "home"), tmp_path / "b")

    assert restoring.restore(tmp_path / "b", Shelf(tmp_path / "other")).releases == ()
