"""How the store of a written release is laid: on that of an earlier release, with what was changed since on top.

The files of a store that a release is laid on are its own as well (hard links), so that releases share what is large
and yet none needs another. A store with two layers is compacted by RocksDB, which rewrites all of it and so shares
nothing. That is why a change is not always laid on the release it was made to: small layers are merged into one, by
laying what they add up to on the release below them; and layers that have grown to a part of the whole are merged with
it in a store of its own.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode, Store

from pfgraph.errors import UnknownRelease
from pfgraph.releases.change import Change
from pfgraph.releases.release import STORE, Release, write_store
from pfgraph.releases.shelf import Shelf

# So many quads are written again in little time, and read from a log whenever a store is opened: some 5 ms. A change of
# one fact is of some LITTLE.
FEW, LITTLE = 500, 20
# How many layers there may be: with the third, RocksDB starts to compact on opening.
LAYERS, LAYERS_OF_FEW = 2, 3
# From this part of a release on, a change makes a store of its own.
MUCH = 1 / 3
# What the engine keeps beside a store for itself.
_TRACES = {"LOCK", "LOG"}
_ATTEMPTS, _AGAIN_S = 20, 0.05


@dataclass(frozen=True)
class Ground:
    """A release that a new one may be laid on, and the releases from there to the one that is changed."""

    release: Release
    above: tuple[Release, ...] = ()

    @property
    def size(self) -> int:
        """How many quads at most are changed from here to the release that is changed."""
        return sum(release.manifest.layer for release in self.above)

    @cached_property
    def since(self) -> Change:
        """What has changed from here to the release that is changed."""
        found = Change()
        for release in self.above:
            found = found.then(Change.of_bytes(release.change_path.read_bytes()))
        return found


@dataclass(frozen=True)
class Laid:
    """On which release a store was laid (empty: on none), and the change that is its uppermost layer."""

    on: str = ""
    change: Change = field(default_factory=Change)


class Laying:
    """A store in the making, from that of a release: first to work on, then as it stays."""

    def __init__(self, shelf: Shelf, parent: Release) -> None:
        self._grounds = list(_grounds(shelf, parent))
        self._parent = parent
        self._start = self._ground(LITTLE)
        if self._start.size > FEW:
            self._start = self._grounds[0]

    @property
    def size(self) -> int:
        """How many quads at most `begin` changes."""
        return self._start.size

    def is_as(self, other: Laying) -> bool:
        """Whether both begin with a copy of the same store."""
        return self._start.release.id == other._start.release.id

    def copy(self, work: Path) -> None:
        """Have a store to work on; `begin` is to follow."""
        clone(self._start.release.store_path, work)

    def begin(self, store: Store) -> None:
        """Bring the store to work on to the state of the release that is changed."""
        self._start.since.apply(store)

    def lay(self, change: Change, work: Path, place: Path, close: Callable[[], None]) -> Laid:
        """Return how the changed store was laid at a place; the one that was worked on is closed where it must be."""
        whole = self._parent.manifest
        ground = self._start if self._start.size + change.size <= FEW else self._ground(change.size)
        if ground.size + change.size > MUCH * (whole.triples + whole.quads):
            close()
            _copy(work, place)
            return Laid()
        laid = Laid(ground.release.id, ground.since.then(change))
        if ground is self._start and laid.change.size <= FEW:
            if self._depth(ground) > 1:
                # RocksDB may be about to merge its layers.
                close()
            clone(work, place)
        else:
            _lay(ground.release, laid.change, place)
        return laid

    def _depth(self, ground: Ground) -> int:
        """Return how many layers there are below one that is laid on a release."""
        return len(self._grounds) - 1 - len(ground.above)

    def _ground(self, size: int) -> Ground:
        """Return what to lay a change of a size on: layers that are not much larger are merged with it."""
        limit = LAYERS_OF_FEW if size <= FEW else LAYERS
        found = self._grounds[0]
        for below in self._grounds[1:]:
            layers = self._depth(found)
            merged = size + found.size
            top = found.release.manifest.layer
            if layers < limit and top > 2 * merged and top + merged > FEW:
                break
            found = below
        return found


def _grounds(shelf: Shelf, parent: Release) -> Iterator[Ground]:
    """Yield the releases that a change may be laid on, the latest first."""
    ground = Ground(parent)
    yield ground
    # What is said of the layers outlives them: a release may be laid again on one that was laid on it.
    for _ in range(LAYERS_OF_FEW):
        if not ground.release.manifest.laid_on:
            return
        try:
            below = shelf.get(ground.release.manifest.laid_on)
        except UnknownRelease:
            return
        ground = Ground(below, (ground.release, *ground.above))
        yield ground


def between(shelf: Shelf, before: Release, after: Release) -> Change | None:
    """Return what changed from one release to another, None where they are not laid on a common one."""
    since = dict(_since(shelf, after))
    for release_id, change in _since(shelf, before):
        if release_id in since:
            return change.undone.then(since[release_id])
    return None


def _since(shelf: Shelf, release: Release) -> Iterator[tuple[str, Change]]:
    """Yield a release and those that it is laid on, at hand or not, each with what changed since."""
    change = Change()
    yield release.id, change
    with suppress(FileNotFoundError):
        for each in downwards(shelf, release):
            if each.manifest.laid_on:
                change = Change.of_bytes(each.change_path.read_bytes()).then(change)
                yield each.manifest.laid_on, change


def downwards(shelf: Shelf, release: Release) -> Iterator[Release]:
    """Yield a release and those at hand that it is laid on, each once: one may be made anew on what was laid on it."""
    seen: set[str] = set()
    with suppress(UnknownRelease):
        while release.id not in seen:
            yield release
            seen.add(release.id)
            release = shelf.get(release.manifest.laid_on)


def lay_again(ground: Release, change: Change, place: Path) -> None:
    """Write the store of a release that was laid on another one, as it was laid then."""
    if change.size > FEW:
        _lay(ground, change, place)
        return
    clone(ground.store_path, place)
    change.apply(Store(str(place)))


def _lay(ground: Release, change: Change, place: Path) -> None:
    """Write the store of a release with a change to it, and none of what the engine leaves beside it."""
    loading = place.with_name(f"{STORE}-loading")
    clone(ground.store_path, loading)
    store = Store(str(loading))
    change.apply(store)
    store.flush()
    # Closed at once, before it compacts what it has got two layers of.
    del store
    Store.read_only(str(loading)).backup(str(place))
    shutil.rmtree(loading)


def clone(store: Path, place: Path) -> None:
    """Have a store that nobody writes to just now at another place too: its tables, which never change, are shared.

    A change of a few quads stays in the log, which is read into memory by whoever opens the store: to make tables of it
    takes longer than all the rest of a write. (`Store.backup` would leave out the log of a store opened to be read.)
    """
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            before = _files(store)
            place.mkdir()
            for name in before:
                if name.endswith(".sst"):
                    os.link(store / name, place / name)
                else:
                    shutil.copyfile(store / name, place / name)
            # RocksDB removes logs and merges tables on its own; what is copied meanwhile is no store.
            if _files(store) == before:
                return
        shutil.rmtree(place, ignore_errors=True)
        time.sleep(_AGAIN_S)
    raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(store))


def _files(store: Path) -> dict[str, int]:
    """Return the files of a store, and how long they are."""
    return {file.name: file.stat().st_size for file in os.scandir(store) if file.name not in _TRACES}


def _copy(work: Path, place: Path) -> None:
    """Write what a store holds as a store of its own."""
    store = Store.read_only(str(work))
    graphs: Iterable[NamedNode] = (graph for graph in store.named_graphs() if isinstance(graph, NamedNode))
    write_store(place, store, graphs)
