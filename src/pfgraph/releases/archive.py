"""All of a home in one file that another machine verifies and serves: a tar, compressed by zstd.

backup.json                    the format, the current release, the releases from the oldest to the newest
history, tags/, cited/, citations/
releases/<id>/manifest.json    and every other file of a release but its store
releases/<id>/data.nq          its quads as sorted N-Quads, from which the store is made again; not where the store
                               was laid on that of a release before it here: its change (`layers`) says the rest
SHA256SUMS                     of everything before it, as `sha256sum -c` reads it; a file without it was cut off
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import zstandard

from pfgraph.errors import ReleaseError
from pfgraph.messages import Text
from pfgraph.releases import durability, export
from pfgraph.releases.history import FILE as HISTORY
from pfgraph.releases.keepsakes import CITED, TAGS
from pfgraph.releases.locks import Lease
from pfgraph.releases.release import DUMP, LEASE, STORE, Release
from pfgraph.releases.shelf import Shelf

# In the first format every release has its quads.
FORMATS = (1, 2)
HEAD, SUMS, QUADS = "backup.json", "SHA256SUMS", "data.nq"
CITATIONS = "citations"
FOLDERS = (TAGS, CITED, CITATIONS)
LEVEL, WINDOW_LOG = 9, 27


@dataclass(frozen=True)
class Contents:
    """What a backup holds: the current release, all of them, and how many citations."""

    current: str | None
    releases: tuple[str, ...]
    citations: int


def backup(shelf: Shelf, path: Path) -> Contents:
    """Return what was written to a file, which appears there whole and down to the disk, or not at all."""
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("wb") as file:
            # Releases resemble each other: with a long window the second costs what it changes.
            parameters = zstandard.ZstdCompressionParameters.from_level(
                LEVEL, window_log=WINDOW_LOG, enable_ldm=True, write_checksum=True
            )
            with zstandard.ZstdCompressor(compression_params=parameters).stream_writer(file, closefd=False) as packed:
                contents = _write(shelf, packed)
        durability.sync(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    durability.sync(path.parent)
    return contents


class _Writer:
    """A tar that is the same for the same files, and their sums."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._sums: list[str] = []

    def add(self, name: str, content: bytes) -> None:
        """Write a file."""
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))
        self._sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")

    def end(self) -> None:
        """Write the sums."""
        self.add(SUMS, "".join(self._sums).encode())


def _write(shelf: Shelf, packed: BinaryIO | zstandard.ZstdCompressionWriter) -> Contents:
    # Citations before releases: one that is cited now is on the shelf as long as it is cited.
    kept = {f"{folder}/{f.name}": f.read_bytes() for folder in FOLDERS for f in _files(shelf.home / folder)}
    with ExitStack() as leases, tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        releases, current = _leased(shelf, leases)
        ids = tuple(release.id for release in releases)
        writer = _Writer(tar)
        head = {"format": FORMATS[-1], "current": current, "releases": list(ids)}
        writer.add(HEAD, json.dumps(head, indent=2).encode() + b"\n")
        for name, content in kept.items():
            writer.add(name, content)
        if (shelf.home / HISTORY).exists():
            writer.add(HISTORY, (shelf.home / HISTORY).read_bytes())
        written: set[str] = set()
        for release in releases:
            _write_release(release, writer, whole=release.manifest.laid_on not in written)
            written.add(release.id)
        writer.end()
    return Contents(current, ids, sum(name.startswith(f"{CITATIONS}/") for name in kept))


def _leased(shelf: Shelf, leases: ExitStack) -> tuple[list[Release], str | None]:
    """Return the releases, the oldest first, none of which is removed meanwhile, and which of them is current."""
    current = None
    if shelf.current_id() is not None:
        release, lease = shelf.lease()
        leases.enter_context(lease)
        current = release.id
    found = []
    for release in reversed(shelf.all()):
        lease_of = Lease.take(release.lease_path)
        if lease_of is not None:
            leases.enter_context(lease_of)
            found.append(release)
    return found, current


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _write_release(release: Release, writer: _Writer, *, whole: bool) -> None:
    for path in _parts(release.path):
        writer.add(f"releases/{release.id}/{path.relative_to(release.path).as_posix()}", path.read_bytes())
    if whole:
        writer.add(f"releases/{release.id}/{QUADS}", export.n_quads(release))


def _parts(root: Path) -> Iterator[Path]:
    """Return the files of a release that cannot be made from its quads."""
    for path in sorted(root.rglob("*")):
        part = path.relative_to(root)
        if path.is_file() and part.parts[0] != STORE and part.as_posix() not in {LEASE, DUMP}:
            yield path


def damaged(where: Path, ja: str, en: str, found: str | None = None) -> ReleaseError:
    """Return the error for a file that is no backup, or no whole one."""
    return ReleaseError(
        ja,
        en,
        where=str(where),
        found=found,
        try_=Text(
            "別のバックアップを使ってください。何も変わっていません。", "Use another backup. Nothing was changed."
        ),
    )
