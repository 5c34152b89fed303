"""The store that changes are made in, kept from one write to the next: to open one takes longer than to change it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pfgraph.publish.journal import Journal
from pfgraph.releases.change import Change
from pfgraph.releases.layers import FEW, Laid, Laying
from pfgraph.releases.locks import Lease
from pfgraph.releases.release import STORE, Release
from pfgraph.releases.shelf import Shelf


@dataclass
class Work:
    """A store in a place of its own, and the release that it holds, with what is changed in it."""

    shelf: Shelf
    place: Path
    lease: Lease
    journal: Journal
    laying: Laying
    holds: str
    is_done: bool = False

    @property
    def path(self) -> Path:
        """Where the store is."""
        return self.place / STORE

    def lay(self, change: Change, place: Path) -> Laid:
        """Return how the store, with its changes, was laid at a place."""
        if not self.journal.is_fresh:
            # RocksDB may be about to merge what it made of the log when the store was opened again.
            self.journal.close()
        return self.laying.lay(change, self.path, place, self.journal.close)

    def done(self, made: Release) -> None:
        """Say which release has what the store holds now."""
        self.holds, self.is_done = made.id, True

    def clear(self) -> None:
        """Remove the store."""
        self.journal.close()
        shutil.rmtree(self.place, ignore_errors=True)
        self.lease.close()


class Workbench:
    """What is lent to one write after the other; only what all of a write came of stays."""

    def __init__(self) -> None:
        self._kept: Work | None = None

    def __enter__(self) -> Self:
        """Return the workbench itself."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Keep nothing."""
        self.clear()

    @contextmanager
    def lend(self, shelf: Shelf, parent: Release, *, union: bool) -> Iterator[Work]:
        """Lend a store that holds a release, to whoever is the one writer."""
        work = self._found(shelf, parent) or _set_up(shelf, parent, union=union)
        try:
            yield work
        finally:
            if work.is_done and work.journal.is_fresh and work.journal.written <= FEW:
                self._kept = work
            else:
                work.clear()

    def clear(self) -> None:
        """Keep nothing."""
        if self._kept is not None:
            self._kept.clear()
            self._kept = None

    def _found(self, shelf: Shelf, parent: Release) -> Work | None:
        """Return what is kept, if it holds a release and is where a change to that is best begun."""
        work, laying = self._kept, Laying(shelf, parent)
        if work is None or (work.holds, work.shelf.home) != (parent.id, shelf.home) or not laying.is_as(work.laying):
            self.clear()
            return None
        self._kept = None
        work.laying, work.is_done = laying, False
        work.journal.begin()
        return work


def _set_up(shelf: Shelf, parent: Release, *, union: bool) -> Work:
    laying = Laying(shelf, parent)
    place, lease = shelf.workplace()
    try:
        laying.copy(place / STORE)
        journal = Journal(place / STORE, union=union)
        laying.begin(journal.store)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        lease.close()
        raise
    journal.written = laying.size
    return Work(shelf, place, lease, journal, laying, parent.id)
