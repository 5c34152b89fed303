"""A backup read back: all of it verified first, then put on the shelf."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import zstandard
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from pfgraph.graph.dataset import digest, empty_graph
from pfgraph.graph.sums import LineSum
from pfgraph.releases import durability
from pfgraph.releases.archive import CITATIONS, FOLDERS, FORMATS, HEAD, QUADS, SUMS, Contents, damaged
from pfgraph.releases.change import Change
from pfgraph.releases.history import FILE as HISTORY
from pfgraph.releases.history import History
from pfgraph.releases.layers import lay_again
from pfgraph.releases.manifest import Manifest
from pfgraph.releases.release import CHANGE, DUMP, LEASE, MANIFEST, STORE, Release, empty_graphs, gzipped, write_store
from pfgraph.releases.shelf import Shelf

_RELEASE = r"releases/[0-9a-f]{16}/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{HEAD}|{HISTORY}|(?:{'|'.join(FOLDERS)})/[A-Za-z0-9][A-Za-z0-9._-]*|{_RELEASE}")
# In a hostile file so much is up to 128 MB.
_PIECE_BYTES = 4096
_CUT = ("バックアップが途中で切れているか、壊れています。", "The backup is cut off or damaged.")
_NONE = ("これはバックアップではありません。", "This is not a backup.")


def restore(path: Path, shelf: Shelf, *, switch: bool = False) -> Contents:
    """Return what was restored from a file; if anything in it is not as it should be, nothing is.

    Releases and citations that are there already stay. The backup's current release becomes the current one where
    there is none, or on demand (`switch`).
    """
    with shelf.writing(), shelf.draft() as draft:
        contents = _unpacked(path, draft)
        releases = _all_made(path, draft / "releases", contents.releases)
        _compare(path, draft, shelf.home)
        for release in releases:
            shelf.shelve(release)
        _keep(draft, shelf.home)
        shelf.history.write(sorted({*History(draft).moves(), *shelf.history.moves()}))
        if contents.current is not None and (switch or shelf.current_id() is None):
            shelf.use(contents.current)
    return contents


def verify(path: Path, shelf: Shelf) -> Contents:
    """Return what a backup holds, after all of it was made and compared with its digests; nothing is kept."""
    with shelf.writing(), shelf.draft() as draft:
        contents = _unpacked(path, draft)
        _all_made(path, draft / "releases", contents.releases)
    return contents


def _unpacked(path: Path, folder: Path) -> Contents:
    """Return what a backup says it holds; its files are in a folder, and each has its sum."""
    sums: dict[str, str] = {}
    written = None
    try:
        for name, data in _entries(path):
            if name == SUMS:
                written = data.decode()
                continue
            sums[name] = hashlib.sha256(data).hexdigest()
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise damaged(path, *(_CUT if sums else _NONE), found=str(error)) from error
    if written != "".join(f"{value}  {name}\n" for name, value in sums.items()):
        raise damaged(path, *_CUT, found=SUMS)
    return _contents(path, folder, list(sums))


def _entries(path: Path) -> Iterator[tuple[str, bytes]]:
    """Return name and content of each file in a backup, none of which may lie elsewhere than it should."""
    with path.open("rb") as file:
        packed = io.BufferedReader(_Packed(file))
        with tarfile.open(fileobj=packed, mode="r|") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.isreg() else None
                if content is None or not (entry.name == SUMS or _NAME.fullmatch(entry.name)):
                    raise damaged(path, *_NONE, found=entry.name[:100])
                yield entry.name, content.read()
        # The checksum is at the very end.
        while packed.read(_PIECE_BYTES):
            pass


class _Packed(io.RawIOBase):
    """What is compressed in a file, read from beginning to end; a file that ends before that is told by EOFError."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._unpacking = file, zstandard.ZstdDecompressor().decompressobj()
        self._held = io.BytesIO()

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as much as is at hand, and tell how much it is."""
        while not (found := self._held.read(len(buffer))) and not self._unpacking.eof:
            piece = self._file.read(_PIECE_BYTES)
            if not piece:
                raise EOFError
            self._held = io.BytesIO(self._unpacking.decompress(piece))
        buffer[: len(found)] = found
        return len(found)


def _contents(path: Path, folder: Path, names: Sequence[str]) -> Contents:
    try:
        head: dict[str, Any] = json.loads((folder / HEAD).read_bytes())
        releases = tuple(str(each) for each in head["releases"])
        current = None if head["current"] is None else str(head["current"])
        known = head["format"] in FORMATS
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, *_NONE, found=HEAD) from error
    held = {name.split("/")[1] for name in names if name.startswith("releases/")}
    if not known or sorted(held) != sorted(releases) or (current is not None and current not in held):
        raise damaged(path, *_NONE, found=HEAD)
    return Contents(current, releases, sum(name.startswith(f"{CITATIONS}/") for name in names))


def _all_made(path: Path, folder: Path, ids: Sequence[str]) -> list[Release]:
    """Return the releases in a folder, whole: each is made from its quads, or from a release before it."""
    made: dict[str, Release] = {}
    for release_id in ids:
        place = folder / release_id
        manifest = Manifest.read(place / MANIFEST)
        if manifest.id != release_id or not manifest.digest.startswith(release_id):
            raise damaged(path, *_CUT, found=f"{release_id}/{MANIFEST}")
        (place / LEASE).write_bytes(b"")
        if (place / QUADS).is_file():
            manifest = _load(path, place, manifest)
        else:
            _lay(path, place, manifest, made.get(manifest.laid_on))
        made[release_id] = Release(place, manifest)
        durability.sync_tree(place)
    return [*made.values()]


def _load(path: Path, folder: Path, manifest: Manifest) -> Manifest:
    """Make store and dump of a release from its quads, compared with its digest; return its manifest with the dump."""
    quads = (folder / QUADS).read_bytes()
    # A literal may hold what else ends a line (U+2028, U+0085).
    lines = quads.decode().removesuffix("\n").split("\n") if quads else []
    found = digest(lines, (iri for iri, size in manifest.graphs.items() if not size))
    if found != manifest.digest:
        raise damaged(path, *_CUT, found=f"{folder.name}/{QUADS}")
    (folder / QUADS).unlink()
    write_store(folder / STORE, parse(quads, RdfFormat.N_QUADS), map(NamedNode, manifest.graphs))
    if DUMP in manifest.files:
        # Another zlib may compress otherwise; what it compresses is the same.
        packed = gzipped(lines)
        (folder / DUMP).write_bytes(packed)
        files = {**manifest.files, DUMP: hashlib.sha256(packed).hexdigest()}
        if files != dict(manifest.files):
            manifest = replace(manifest, files=files)
            (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    _refuse_faults(path, folder.name, Release(folder, manifest).faults())
    return manifest


def _lay(path: Path, folder: Path, manifest: Manifest, ground: Release | None) -> None:
    """Make the store of a release from that of an earlier one and its change, once they add up to its digest."""
    if ground is None:
        raise damaged(path, *_CUT, found=f"{folder.name}/{QUADS}")
    try:
        whole = LineSum.of_hex(ground.manifest.sum)
        change = Change.of_bytes((folder / CHANGE).read_bytes())
    except (FileNotFoundError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, SyntaxError) as error:
        raise damaged(path, *_CUT, found=f"{folder.name}/{CHANGE}") from error
    lay_again(ground, change, folder / STORE)
    before, after = (Store.read_only(str(store)) for store in (ground.store_path, folder / STORE))
    # Sums add up for any lines; only where each is another one are they those of the set.
    fits = all(quad in before for quad in change.removed) and not any(quad in before for quad in change.added)
    found = whole.minus(map(empty_graph, empty_graphs(before))).plus(map(empty_graph, empty_graphs(after)))
    found = found.minus(map(_line, change.removed)).plus(map(_line, change.added))
    if not fits or whole.digest != ground.manifest.digest or found.digest != manifest.digest:
        raise damaged(path, *_CUT, found=f"{folder.name}/{CHANGE}")
    _refuse_faults(path, folder.name, Release(folder, manifest).file_faults())


def _line(quad: Quad) -> str:
    return f"{quad} ."


def _refuse_faults(path: Path, release_id: str, faults: Iterable[str]) -> None:
    if found := ", ".join(f"{release_id}/{each}" for each in faults):
        raise damaged(path, *_CUT, found=found)


def _compare(path: Path, draft: Path, home: Path) -> None:
    """Refuse a citation under an IRI that stands for another one here."""
    for found in _found(draft, CITATIONS):
        there = home / CITATIONS / found.name
        if there.exists() and json.loads(there.read_bytes())["query"] != json.loads(found.read_bytes())["query"]:
            ja, en = "同じIRIで別の引用があります。", "There is another citation under this IRI."
            raise damaged(path, ja, en, found=found.stem)


def _keep(draft: Path, home: Path) -> None:
    """Put tags and citations in their places, where there are none of the same name."""
    for folder in FOLDERS:
        for found in _found(draft, folder):
            (home / folder).mkdir(parents=True, exist_ok=True)
            if not (home / folder / found.name).exists():
                durability.replace(home / folder / found.name, found.read_bytes())


def _found(draft: Path, folder: str) -> list[Path]:
    return sorted((draft / folder).iterdir()) if (draft / folder).is_dir() else []
