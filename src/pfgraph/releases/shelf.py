"""All releases of one home, the pointer to the current one, recovery and retention.

home/current          the id of the current release; it changes by one rename
home/releases/<id>/   published releases
home/drafts/          releases in the making; what is found there at the start of a write is left over
home/writer.lock      held by the one process that writes
home/made-from.json   which source files the current release was made from, so that a restart need not build
home/history, home/tags, home/cited   see `history` and `keepsakes`
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pfgraph.errors import ReleaseError, UnknownRelease
from pfgraph.messages import Text
from pfgraph.releases import durability, locks
from pfgraph.releases.history import History, Move, read
from pfgraph.releases.keepsakes import Keepsakes
from pfgraph.releases.locks import Lease
from pfgraph.releases.manifest import ID_LENGTH
from pfgraph.releases.release import LEASE, MANIFEST, Release

WRITER_WAIT_S = 30.0
LEASE_ATTEMPTS = 10


class Shelf:
    """The releases under one home directory."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._releases = home / "releases"
        self._drafts = home / "drafts"
        self._pointer = home / "current"
        self._made_from = home / "made-from.json"
        self.history = History(home)
        self.keepsakes = Keepsakes(home)
        # Releases that were opened, each with what tells whether its manifest is still the one that was read.
        self._known: dict[str, tuple[tuple[int, int], Release]] = {}

    # ---- reading

    def current_id(self) -> str | None:
        """Return the id of the current release, or None before the first one."""
        try:
            return self._pointer.read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise ReleaseError(
                "現行版を指すファイルを読めません。",
                "The pointer to the current release cannot be read.",
                where=str(self._pointer),
            ) from error

    def current(self) -> Release | None:
        """Return the current release, or None before the first one."""
        current_id = self.current_id()
        return None if current_id is None else self.get(current_id)

    def get(self, release_id: str) -> Release:
        """Return the release with an id, or raise UnknownRelease."""
        if not _is_id(release_id) or not (self._releases / release_id).is_dir():
            raise UnknownRelease(release_id)
        release = self._open(release_id)
        if release.id != release_id or not release.manifest.digest.startswith(release_id):
            raise _damaged(release.path, [MANIFEST])
        return release

    def all(self) -> list[Release]:
        """Return every release, the newest first."""
        ids = self._ids()
        for gone in self._known.keys() - ids:
            self._known.pop(gone, None)
        return sorted(self._opened(ids), key=lambda release: (release.manifest.created, release.id), reverse=True)

    def timeline(self) -> list[Move]:
        """Return which of the releases was the current one from when on, the oldest first.

        A release that no move names (a home may be older than its history) counts from the moment it was made.
        """
        at_hand = self._ids()
        moves = [move for move in self.history.moves() if move.release_id in at_hand]
        unnamed = self._opened(at_hand - {move.release_id for move in moves})
        return sorted([*moves, *(Move(read(release.manifest.created), release.id) for release in unnamed)])

    def _ids(self) -> set[str]:
        paths = self._releases.iterdir() if self._releases.is_dir() else ()
        return {path.name for path in paths if _is_id(path.name)}

    def _opened(self, ids: Iterable[str]) -> Iterator[Release]:
        """Yield releases, but for those that have been removed since they were listed."""
        for release_id in ids:
            try:
                yield self._open(release_id)
            except ReleaseError:
                if (self._releases / release_id).exists():
                    raise

    def _open(self, release_id: str) -> Release:
        """Return a release, whose manifest is read once: it never changes, though it may be made anew."""
        path = self._releases / release_id
        try:
            found = (path / MANIFEST).stat()
        except OSError:
            return Release.open(path)  # which says what is wrong
        state, known = (found.st_ino, found.st_mtime_ns), self._known.get(release_id)
        if known is None or known[0] != state:
            known = self._known[release_id] = state, Release.open(path)
        return known[1]

    def lease(self, release_id: str | None = None) -> tuple[Release, Lease]:
        """Return a release, by default the current one, and a lease, which keeps it from being removed."""
        for _ in range(LEASE_ATTEMPTS):
            wanted = release_id or self.current_id()
            if wanted is None:
                break
            release = self.get(wanted)
            lease = Lease.take(release.lease_path)
            if lease is not None:
                return release, lease
        raise UnknownRelease(release_id or "current")

    def verify(self, release_id: str) -> list[str]:
        """Return what in a release is not as its manifest says; nothing, if all is well."""
        return list(self.get(release_id).faults())

    # ---- writing

    @contextmanager
    def writing(self, wait_s: float = WRITER_WAIT_S) -> Iterator[None]:
        """Be the one writer, and find the shelf recovered: what an interrupted write left over is gone."""
        with durability.explained(self.home):
            for folder in (self.home, self._releases, self._drafts):
                folder.mkdir(parents=True, exist_ok=True)
            with locks.writing(self.home / "writer.lock", wait_s):
                self._recover()
                yield

    @contextmanager
    def draft(self) -> Iterator[Path]:
        """Lend an empty directory for a release in the making; what is not published is removed."""
        path = Path(tempfile.mkdtemp(prefix="draft-", dir=self._drafts))
        try:
            path.chmod(0o755)
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def workplace(self) -> tuple[Path, Lease]:
        """Return a directory to work in, also after this write: it is left alone as long as its lease is held."""
        path = Path(tempfile.mkdtemp(prefix="work-", dir=self._drafts))
        (path / LEASE).touch()
        lease = Lease.take(path / LEASE)
        assert lease is not None  # nobody knows of it yet
        return path, lease

    def publish(self, draft: Release, *, trusted: bool = False) -> Release:
        """Make a frozen draft the current release and return it; a whole one of the same id is used again."""
        return self.use(self.shelve(draft, trusted=trusted).id)

    def shelve(self, draft: Release, *, trusted: bool = False) -> Release:
        """Put a frozen draft among the releases and return it there; a whole one of the same id stays.

        To tell whether it is whole takes long for a large one: `trusted`, what stands there is taken for whole.
        """
        place = self._releases / draft.id
        if place.exists() and not trusted and (faults := list(Release(place, draft.manifest).faults())):
            self._set_aside(place, faults)
        if not place.exists():
            draft.path.rename(place)
            durability.sync(self._releases)
        return self.get(draft.id)

    def use(self, release_id: str) -> Release:
        """Make a release the current one: one rename, down to the disk."""
        release = self.get(release_id)
        if self.current_id() != release_id:
            durability.replace(self._pointer, f"{release_id}\n".encode())
        self.history.add(release_id)
        return release

    def prune(self, keep: int) -> list[str]:
        """Remove all but the newest releases and return the ids.

        The current one stays, what is tagged or cited (which counts for none of the newest), and what is being read.
        """
        current, reasons = self.current_id(), self.keepsakes.reasons
        others = [release for release in self.all() if release.id != current and not reasons(release.id)]
        return [release.id for release in others[max(keep - 1, 0) :] if self._remove(release.path, spare=True)]

    def _remove(self, path: Path, *, spare: bool = False) -> bool:
        """Take a release away unless it is read: first its name, so that no reader finds half of it.

        Whoever cites a release holds a lease on it meanwhile; so nothing is cited once its lock is ours.
        """
        with locks.unread(path / LEASE) as free:
            if not free or (spare and self.keepsakes.reasons(path.name)):
                return False
            gone = Path(tempfile.mkdtemp(prefix="removed-", dir=self._drafts)) / path.name
            path.rename(gone)
            durability.sync(self._releases)
        shutil.rmtree(gone.parent)
        # What was made of it for download goes with it.
        shutil.rmtree(self.home / "dumps" / path.name, ignore_errors=True)
        return True

    def _set_aside(self, path: Path, faults: list[str]) -> None:
        """Make room where a damaged release stands, unless somebody reads it."""
        if not self._remove(path):
            raise _damaged(path, faults)

    def _recover(self) -> None:
        for left_over in self._drafts.iterdir():
            lease = left_over / LEASE
            if not lease.exists() or not locks.is_leased(lease):
                shutil.rmtree(left_over)
        # A crash between the pointer's move and the note of it leaves the history one line short.
        current = self.current_id()
        if current is not None:
            self.history.add(current, datetime.fromtimestamp(self._pointer.stat().st_mtime, UTC))

    # ---- what the current release was made from

    def record_sources(self, digests: Mapping[str, str]) -> None:
        """Remember which files the current release was made from."""
        content = {"release": self.current_id(), "sources": dict(digests)}
        durability.replace(self._made_from, json.dumps(content, sort_keys=True).encode())

    def is_made_from(self, digests: Mapping[str, str]) -> bool:
        """Whether the current release was made from exactly these files."""
        try:
            content = json.loads(self._made_from.read_bytes())
        except (OSError, ValueError):
            return False
        current = self.current_id()
        return current is not None and bool(content == {"release": current, "sources": dict(digests)})


def _is_id(name: str) -> bool:
    return len(name) == ID_LENGTH and set(name) <= set("0123456789abcdef")


def _damaged(path: Path, faults: list[str]) -> ReleaseError:
    return ReleaseError(
        "版が壊れています。",
        "The release is damaged.",
        where=str(path),
        found=", ".join(faults),
        try_=Text(
            "サーバーを止め、`pfgraph release` で作り直してください。",
            "Stop the server and make it again with `pfgraph release`.",
        ),
    )
