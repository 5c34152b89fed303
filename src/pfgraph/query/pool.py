"""The cells there are: idle ones on releases, busy ones, and those that start or end, none of which is ever lost."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Mapping

from pfgraph.errors import Draining, EngineLost
from pfgraph.query.cells import CELL, Budget, Cell, spawn
from pfgraph.query.nurseries import Nurseries

RECYCLED_AFTER = 10_000
# A cell on a release that is not the current one goes when nobody has asked it for so long.
IDLE_S = 60.0
# For so long after a query a cell is kept for whoever asked it.
RESERVED_S = 0.5
# A cell that is nobody's is had in a while only: whoever asks now is to have the machine first.
SPARE_S = 0.5
# Why a cell ends: its query, its client, itself, or us.
CAUSES = (
    *("timeout", "cpu", "memory", "disconnected", "slow-client", "forbidden"),
    *("lost", "failed-start", "recycled", "replaced", "retired", "closed", "failed"),
)
_UNHURRIED = frozenset({"recycled", "replaced", "retired"})
_NOT_REPLACED = frozenset({"replaced", "retired", "closed"})


class Pool:
    """A number of cells, and counts of what became of those that were."""

    def __init__(self, cells: int, budget: Budget, prefixes: Mapping[str, str]) -> None:
        self._cells, self._budget, self._prefixes = cells, budget, prefixes
        self._idle: dict[Cell, float] = {}
        self._busy: set[Cell] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting: set[asyncio.Task[Cell]] = set()
        self._sparing: asyncio.TimerHandle | None = None
        self._closed = False
        self._nurseries = Nurseries(CELL)
        self.jailed: bool | None = None
        self.spawned = 0
        self.ended: Counter[str] = Counter()

    def start(self) -> None:
        """Be ready to start cells; a pool of one cell has no use for a second process that helps to."""
        if self._cells > 1:
            self._nurseries.start()

    @property
    def idle(self) -> int:
        """How many cells wait for a query."""
        return len(self._idle)

    @property
    def busy(self) -> int:
        """How many cells have one."""
        return len(self._busy)

    @property
    def processes(self) -> int:
        """How many processes there are, also those that start and those that end."""
        return len(self._idle) + len(self._busy) + len(self._starting) + len(self._tasks)

    @property
    def forks(self) -> bool:
        """Whether cells are forked, and not started by a command, which takes longer."""
        return self._nurseries.is_fertile

    def has(self, store_path: str) -> bool:
        """Whether there is a cell on a release."""
        return any(cell.store_path == store_path for cell in (*self._idle, *self._busy))

    async def take(self, store_path: str, client: str = "") -> Cell:
        """Return a cell on a release for a client: the one it had, one that is nobody's, or a new one.

        Only where there is no room for one does it get what another client has just used: whoever loses his cells
        is to wait for new ones, and not to have others wait.
        """
        cell = self._found(store_path, client) or await self._new(store_path)
        cell.client = client
        self._busy.add(cell)
        if self._closed:
            self.end(cell, "closed")
            raise Draining
        if self._sparing is None:
            self._sparing = asyncio.get_running_loop().call_later(SPARE_S, self._spare, store_path)
        return cell

    async def _new(self, store_path: str) -> Cell:
        while self._idle and not self._has_room:
            self.end(next(iter(self._idle)), "replaced")
        starting = self._start(store_path)
        try:
            # A start is never interrupted: a process half started has nobody to end it.
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(self._adopt)
            raise

    async def prepare(self, store_path: str, count: int) -> None:
        """Have so many cells on a release that are nobody's, started one after the other: readers are beside them."""
        self._spare_later()
        for _ in range(count):
            cell = await self._new(store_path)
            self._busy.add(cell)
            self.give_back(cell)

    def give_back(self, cell: Cell) -> None:
        """Keep a cell for the next query, unless it has answered enough of them."""
        if cell not in self._busy:
            return
        if self._closed:
            self.end(cell, "closed")
        elif cell.is_slow or cell.asked >= RECYCLED_AFTER:
            self.end(cell, "recycled")
        else:
            self._busy.discard(cell)
            self._idle[cell] = time.monotonic()

    def end(self, cell: Cell, cause: str) -> None:
        """End a cell, count why, and have a spare one on the same release for whoever comes next."""
        if self._idle.pop(cell, None) is None and cell not in self._busy:
            return
        self._busy.discard(cell)
        self.ended[cause] += 1
        if cause in _UNHURRIED:
            cell.leave()
        else:
            cell.kill()
        self._have_done(self._bury(cell, cause not in _NOT_REPLACED))

    def retire(self, current: str) -> None:
        """End the cells on other releases than the current one that nobody has asked for a while."""
        for cell, since in list(self._idle.items()):
            if cell.store_path != current and time.monotonic() - since > IDLE_S:
                self.end(cell, "retired")

    async def close(self) -> None:
        """End every cell, and wait until there is no process any more."""
        self._closed = True
        self._spare_later()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for cell in [*self._idle, *self._busy]:
            self.end(cell, "closed")
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._nurseries.close()

    @property
    def _has_room(self) -> bool:
        return len(self._idle) + len(self._busy) + len(self._starting) < 2 * self._cells

    def _found(self, store_path: str, client: str) -> Cell | None:
        """Return an idle cell for a client, if there is one, and take it out of the idle ones."""
        while (cell := self._chosen(store_path, client)) is not None:
            if cell.is_alive:
                del self._idle[cell]
                return cell
            self.end(cell, "lost")
        return None

    def _chosen(self, store_path: str, client: str) -> Cell | None:
        # The one that answered last has most in its memory.
        fitting = [cell for cell in reversed(self._idle) if cell.store_path == store_path]
        for cell in fitting:
            if cell.asked and cell.client == client:
                return cell
        since = time.monotonic() - RESERVED_S
        for cell in fitting:
            if not cell.asked or self._idle[cell] < since:
                return cell
        return None if self._has_room or not fitting else fitting[-1]

    def _start(self, store_path: str) -> asyncio.Task[Cell]:
        task = asyncio.create_task(self._spawned(store_path))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)
        return task

    async def _spawned(self, store_path: str) -> Cell:
        try:
            cell = await spawn(store_path, self._budget, self._prefixes, self._nurseries)
        except EngineLost:
            self.ended["failed-start"] += 1
            raise
        self.spawned += 1
        self.jailed = cell.jailed if self.jailed is None else self.jailed and cell.jailed
        return cell

    def _adopt(self, started: asyncio.Task[Cell]) -> None:
        """Keep a cell for whoever comes next, since the one who wanted it is gone."""
        if not started.cancelled() and started.exception() is None:
            self._busy.add(started.result())
            self.give_back(started.result())

    async def _bury(self, cell: Cell, replace: bool) -> None:
        await cell.gone()
        if replace:
            self._have_spare(cell.store_path)

    def _spare(self, store_path: str) -> None:
        self._sparing = None
        self._have_spare(store_path)

    def _spare_later(self) -> None:
        """Have no spare cell for now."""
        if self._sparing is not None:
            self._sparing.cancel()
            self._sparing = None

    def _have_spare(self, store_path: str) -> None:
        """Start a cell where none is nobody's and there is room, so that the next client need not wait for that."""
        if self._closed or self._starting or self._cells == 1 or not self._has_room:
            return
        if all(cell.asked or cell.store_path != store_path for cell in self._idle):
            self._start(store_path).add_done_callback(self._adopt)

    def _have_done(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
