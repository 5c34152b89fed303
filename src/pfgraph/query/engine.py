"""Where a query runs: in cells here, within budgets, with an answer that is complete or an error."""

from __future__ import annotations

import asyncio
import time
from typing import TypedDict

from pfgraph.errors import Draining
from pfgraph.namespaces import prefixes
from pfgraph.query.cells import Budget
from pfgraph.query.evaluation import Evaluation, Means
from pfgraph.query.exchange import Answer, Request, Stored
from pfgraph.query.instant import Instant
from pfgraph.query.pool import CAUSES, Pool
from pfgraph.query.reading import Reader
from pfgraph.query.sparql import Operation
from pfgraph.query.turnstile import Turnstile
from pfgraph.settings import Settings

__all__ = ["Answer", "Engine", "Request", "Stored"]
_LOOK_S = 0.02
# Whoever has asked so lately is taken to go on asking.
ASKED_S = 0.1


class Health(TypedDict):
    """What an engine tells about itself; `killed` has a number for every cause there is."""

    draining: bool
    running: int
    waiting: int
    idle: int
    busy: int
    processes: int
    jailed: bool | None
    forks: bool
    held: int
    spawned: int
    killed: dict[str, int]


class Engine:
    """Warm cells on releases, a bounded queue in front of them, and counts of what happened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turnstile = Turnstile(settings.cells, settings.queue_length, settings.per_client, settings.queue_wait_s)
        self._means = self._new_means()
        self._instant = Instant()
        self._asked_at = 0.0
        self._draining = False

    def _new_means(self) -> Means:
        settings = self._settings
        pool = Pool(settings.cells, Budget(settings.query_memory_bytes, settings.query_cpu_s), prefixes())
        return Means(pool, self._turnstile, Reader(), settings)

    async def start(self) -> None:
        """Take queries; the first one on a release starts its cells."""
        if self._draining:
            self._means, self._draining = self._new_means(), False
        self._means.pool.start()

    async def answer(self, request: Request) -> Answer:
        """Return the answer to a query, or raise the QueryError that says why there is none."""
        if self._draining:
            raise Draining(self._settings.drain_s)
        self._asked_at = time.monotonic()
        operation = request.operation or await self.inspect(request.query)
        if not request.default_graphs and not request.named_graphs:
            found = self.at_once(request.query, operation, request.media_type, request.release)
            if found is not None:
                return found
        await self._turnstile.enter(request.client)
        evaluation = Evaluation(self._means, request, operation)
        try:
            return await evaluation.answer()
        except BaseException as error:
            evaluation.close(error)
            raise

    def at_once(self, query: str, operation: Operation, media_type: str, release: Stored) -> Answer | None:
        """Return the answer to a lookup on the whole of a release that is held; None where `answer` is to be asked."""
        if operation.lookup is None or self._draining:
            return None
        self._asked_at = time.monotonic()
        return self._instant.answer(query, operation.lookup, media_type, release)

    async def hold(self, release: Stored) -> None:
        """Have a release open for lookups; without it they are evaluated in cells like all queries."""
        await self._instant.hold(release)

    async def inspect(self, query: str) -> Operation:
        """Return what a query asks for, or raise the QueryError that says why it is none."""
        return await self._means.reader.inspect(query, self._settings.max_query_bytes)

    async def prepare(self, release: Stored) -> None:
        """Have cells on a release that is about to become current: as many as one client may have, and one more."""
        if not self._draining:
            await self._means.pool.prepare(str(release.store_path), (self._settings.cells + 1) // 2 + 1)

    async def warm(self, release: Stored) -> None:
        """Have a cell on a release, if there is none."""
        if not self._draining and not self._means.pool.has(str(release.store_path)):
            await self._means.pool.prepare(str(release.store_path), 1)

    def retire(self, current: Stored) -> None:
        """Let go of the releases that are not current any more and that nobody asks."""
        self._instant.let_go(current)
        self._means.pool.retire(str(current.store_path))

    def drain(self) -> None:
        """Refuse new queries; running ones go on."""
        self._draining = True

    @property
    def is_asked(self) -> bool:
        """Whether somebody has just asked, or waits for an answer."""
        return not self.is_resting or time.monotonic() - self._asked_at < ASKED_S

    @property
    def is_draining(self) -> bool:
        """Whether new queries are refused."""
        return self._draining

    @property
    def is_resting(self) -> bool:
        """Whether no query is under way or waits."""
        return not self._turnstile.running and not self._turnstile.waiting

    async def close(self) -> None:
        """Refuse new queries, let running ones finish for a while, then end every cell."""
        self.drain()
        deadline = time.monotonic() + self._settings.drain_s
        while not self.is_resting and time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_S)
        await self._means.pool.close()
        self._instant.let_go()
        self._means.reader.close()

    def health(self) -> Health:
        """Return what is under way, what happened so far, and whether cells are denied sockets."""
        pool = self._means.pool
        return {
            "draining": self._draining,
            "running": self._turnstile.running,
            "waiting": self._turnstile.waiting,
            "idle": pool.idle,
            "busy": pool.busy,
            "processes": pool.processes,
            "jailed": pool.jailed,
            "forks": pool.forks,
            "held": self._instant.held,
            "spawned": pool.spawned,
            "killed": {cause: pool.ended[cause] for cause in CAUSES},
        }
