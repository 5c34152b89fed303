"""A backup read back: all of it verified first, then put on the shelf."""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import zstandard
from pyoxigraph import NamedNode, RdfFormat, parse

from pfgraph.graph.dataset import digest
from pfgraph.releases import durability
from pfgraph.releases.archive import CITATIONS, FOLDERS, FORMAT, HEAD, QUADS, SUMS, Contents, damaged
from pfgraph.releases.history import FILE as HISTORY
from pfgraph.releases.history import History
from pfgraph.releases.manifest import Manifest
from pfgraph.releases.release import DUMP, LEASE, MANIFEST, STORE, Release, gzipped, write_store
from pfgraph.releases.shelf import Shelf

_RELEASE = r"releases/[0-9a-f]{16}/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/){0,4}[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{HEAD}|{HISTORY}|(?:{'|'.join(FOLDERS)})/[A-Za-z0-9][A-Za-z0-9._-]*|{_RELEASE}")
_CUT = ("バックアップが途中で切れているか、壊れています。", "The backup is cut off or damaged.")
_NONE = ("これはバックアップではありません。", "This is not a backup.")


def restore(path: Path, shelf: Shelf, *, switch: bool = False) -> Contents:
    """Return what was restored from a file; if anything in it is not as it should be, nothing is.

    Releases and citations that are there already stay. The backup's current release becomes the current one where
    there is none, or on demand (`switch`).
    """
    with shelf.writing(), shelf.draft() as draft:
        contents = _unpacked(path, draft)
        releases = [_made(path, draft / "releases" / release_id) for release_id in contents.releases]
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
        for release_id in contents.releases:
            _made(path, draft / "releases" / release_id)
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
    with (
        path.open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as packed,
        tarfile.open(fileobj=packed, mode="r|") as tar,
    ):
        for entry in tar:
            content = tar.extractfile(entry) if entry.isreg() else None
            if content is None or not (entry.name == SUMS or _NAME.fullmatch(entry.name)):
                raise damaged(path, *_NONE, found=entry.name[:100])
            yield entry.name, content.read()


def _contents(path: Path, folder: Path, names: Sequence[str]) -> Contents:
    try:
        head: dict[str, Any] = json.loads((folder / HEAD).read_bytes())
        releases = tuple(str(each) for each in head["releases"])
        current = None if head["current"] is None else str(head["current"])
        known = head["format"] == FORMAT
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(path, *_NONE, found=HEAD) from error
    held = {name.split("/")[1] for name in names if name.startswith("releases/")}
    if not known or held != set(releases) or (current is not None and current not in held):
        raise damaged(path, *_NONE, found=HEAD)
    return Contents(current, releases, sum(name.startswith(f"{CITATIONS}/") for name in names))


def _made(path: Path, folder: Path) -> Release:
    """Return the release in a folder, its store and dump made from its quads and compared with its digest."""
    manifest = Manifest.read(folder / MANIFEST)
    quads = (folder / QUADS).read_bytes() if (folder / QUADS).is_file() else b""
    # A literal may hold what else ends a line (U+2028, U+0085).
    lines = quads.decode().removesuffix("\n").split("\n") if quads else []
    found = digest(lines, (iri for iri, size in manifest.graphs.items() if not size))
    if manifest.id != folder.name or not manifest.digest.startswith(manifest.id) or found != manifest.digest:
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
    (folder / LEASE).write_bytes(b"")
    release = Release(folder, manifest)
    if faults := list(release.faults()):
        raise damaged(path, *_CUT, found=", ".join(f"{folder.name}/{each}" for each in faults))
    durability.sync_tree(folder)
    return release


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
