"""Where a query runs: in cells here, within budgets, with an answer that is complete or an error."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pfgraph.errors import (
    Draining,
    EngineLost,
    MalformedQuery,
    QueryMemoryExceeded,
    QueryTimeout,
    QueryTooLarge,
    ResultTooLarge,
)
from pfgraph.namespaces import prefixes
from pfgraph.query.cells import Budget, Cell, spawn
from pfgraph.query.sparql import inspect
from pfgraph.query.syntax import explain
from pfgraph.query.turnstile import Turnstile
from pfgraph.settings import Settings

RECYCLED_AFTER = 1000


class Stored(Protocol):
    """A release, as far as a query is concerned."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def store_path(self) -> Path:
        """Its read-only store."""
        ...


@dataclass(frozen=True)
class Request:
    """A query on a release, the media type to write the answer in, and the protocol's dataset clause."""

    query: str
    media_type: str
    release: Stored
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    timeout_s: float | None = None
    client: str = ""


@dataclass
class Answer:
    """An answer: bytes when it is complete, else the pieces as they come, which fail rather than end early."""

    media_type: str
    form: str
    body: bytes | AsyncIterator[bytes]
    complete: bool
    duration_s: float


class Engine:
    """Warm cells on releases, a bounded queue in front of them, and counts of what happened."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._budget = Budget(settings.query_memory_bytes, settings.query_cpu_s)
        self._turnstile = Turnstile(settings.cells, settings.queue_length, settings.per_client, settings.queue_wait_s)
        self._idle: list[Cell] = []
        self._busy: set[Cell] = set()
        self._draining = False
        self._jailed: bool | None = None
        self._counts: Counter[str] = Counter()
        self._burials: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take queries; the first one on a release starts its cells."""
        self._draining = False

    async def answer(self, request: Request) -> Answer:
        """Return the answer to a query, or raise the QueryError that says why there is none."""
        if self._draining:
            raise Draining
        size = len(request.query.encode())
        if size > self._settings.max_query_bytes:
            raise QueryTooLarge(size, self._settings.max_query_bytes)
        form = inspect(request.query).form
        await self._turnstile.enter(request.client)
        run = _Run(self, request, form)
        try:
            return await run.answer()
        except BaseException:
            run.close()
            raise

    async def close(self) -> None:
        """Refuse new queries, let running ones finish for a while, then end every cell."""
        self._draining = True
        deadline = time.monotonic() + self._settings.drain_s
        while self._busy and time.monotonic() < deadline:
            await asyncio.sleep(0.02)
        await asyncio.gather(*self._burials)
        cells = [*self._idle, *self._busy]
        self._idle.clear()
        await asyncio.gather(*(cell.gone() for cell in cells))

    def health(self) -> dict[str, object]:
        """Return what is under way, what happened so far, and whether cells are denied sockets."""
        return {
            "running": self._turnstile.running,
            "waiting": self._turnstile.waiting,
            "idle": len(self._idle),
            "jailed": self._jailed,
            "spawned": self._counts["spawned"],
            "killed": {key: n for key, n in sorted(self._counts.items()) if key != "spawned"},
        }

    async def take(self, release: Stored) -> Cell:
        """Return a cell on a release, a warm one if there is one; cells on other releases make room."""
        store_path = str(release.store_path)
        for ended in [cell for cell in self._idle if not cell.is_alive]:
            self._idle.remove(ended)
            ended.kill()
        for cell in self._idle:
            if cell.store_path == store_path:
                self._idle.remove(cell)
                self._busy.add(cell)
                return cell
        while len(self._idle) + len(self._busy) >= 2 * self._settings.cells and self._idle:
            self.discard(self._idle.pop(0), "replaced")
        cell = await self._spawned(store_path)
        self._busy.add(cell)
        return cell

    def give_back(self, cell: Cell) -> None:
        """Keep a cell for the next query, unless it has answered enough of them."""
        self._busy.discard(cell)
        if cell.asked >= RECYCLED_AFTER or self._draining:
            self.discard(cell, "recycled")
        else:
            self._idle.append(cell)

    def discard(self, cell: Cell, cause: str) -> None:
        """End a cell, note why, and start another one on the same release for whoever comes next."""
        self._busy.discard(cell)
        cell.kill()
        self._counts[cause] += 1
        task = asyncio.create_task(self._bury(cell, replace=cause != "replaced"))
        self._burials.add(task)
        task.add_done_callback(self._burials.discard)

    def leave(self, client: str) -> None:
        """Give a client's place to the next one."""
        self._turnstile.leave(client)

    async def _bury(self, cell: Cell, *, replace: bool) -> None:
        await cell.gone()
        if replace and not self._draining:
            await self._warm(cell.store_path)

    async def _warm(self, store_path: str) -> None:
        if len(self._idle) + len(self._busy) < self._settings.cells:
            with contextlib.suppress(EngineLost):
                self._idle.append(await self._spawned(store_path))

    async def _spawned(self, store_path: str) -> Cell:
        cell = await spawn(store_path, self._budget, prefixes())
        self._counts["spawned"] += 1
        self._jailed = cell.jailed if self._jailed is None else self._jailed and cell.jailed
        return cell

    @property
    def settings(self) -> Settings:
        """The budgets."""
        return self._settings


class _Run:
    """One query under way: it holds a place and a cell until its answer is complete, fails or is given up."""

    def __init__(self, engine: Engine, request: Request, form: str) -> None:
        self._engine, self._request, self._form = engine, request, form
        self._cell: Cell | None = None
        self._closed = False
        self._began = time.monotonic()
        asked = request.timeout_s or engine.settings.query_timeout_s
        self._timeout_s = min(asked, engine.settings.query_timeout_s)
        self._left_s = self._timeout_s

    async def answer(self) -> Answer:
        """Hold the answer back until it is complete, or too long to hold."""
        self._cell = await self._engine.take(self._request.release)
        frames = self._frames(self._cell)
        held = bytearray()
        async for piece in frames:
            held += piece
            if len(held) > self._engine.settings.held_bytes:
                return self._as(_Pieces(self, bytes(held), frames), complete=False)
        self.finish()
        return self._as(bytes(held), complete=True)

    def _as(self, body: bytes | AsyncIterator[bytes], *, complete: bool) -> Answer:
        duration = time.monotonic() - self._began
        return Answer(self._request.media_type, self._form, body, complete, duration)

    async def _frames(self, cell: Cell) -> AsyncGenerator[bytes]:
        """Yield the pieces of the answer; only the time the cell takes counts, not the time the client takes."""
        frames = cell.ask(
            {
                "query": self._request.query,
                "form": self._form,
                "media_type": self._request.media_type,
                "default_graphs": self._request.default_graphs,
                "named_graphs": self._request.named_graphs,
                "max_bytes": self._engine.settings.max_result_bytes,
            }
        )
        while True:
            waited = time.monotonic()
            try:
                async with asyncio.timeout(self._left_s):
                    kind, payload = await anext(frames)
            except TimeoutError:
                raise QueryTimeout(self._timeout_s) from None
            self._left_s -= time.monotonic() - waited
            if kind == b"E":
                return
            if kind == b"X":
                self._refused(json.loads(payload))
            yield payload

    def _refused(self, error: dict[str, str]) -> None:
        """Raise what the cell says is wrong with the query; the cell itself goes on, but for memory."""
        settings = self._engine.settings
        kind, message = error["kind"], error["message"]
        if kind == "memory":
            raise QueryMemoryExceeded(settings.query_memory_bytes)
        self.finish()
        if kind == "large":
            raise ResultTooLarge(settings.max_result_bytes)
        if kind == "syntax":
            raise explain(self._request.query, message)
        raise MalformedQuery(f"この問い合わせは評価できません: {message}", f"This query cannot be evaluated: {message}")

    def finish(self) -> None:
        """Give the cell and the place back."""
        if not self._closed and self._cell is not None:
            self._closed = True
            self._engine.give_back(self._cell)
            self._engine.leave(self._request.client)

    def close(self) -> None:
        """End a run that did not finish: the cell is killed, for nothing else stops a query."""
        if self._closed:
            return
        self._closed = True
        if self._cell is not None:
            self._engine.discard(self._cell, "unfinished")
        self._engine.leave(self._request.client)


class _Pieces:
    """The pieces of a long answer; to stop reading them early, or never to begin, is to close them."""

    def __init__(self, run: _Run, first: bytes, rest: AsyncGenerator[bytes]) -> None:
        self._run, self._first, self._rest = run, first, rest

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            return await anext(self._rest)
        except StopAsyncIteration:
            self._run.finish()
            raise
        except BaseException:
            self._run.close()
            raise

    async def aclose(self) -> None:
        """End the query if it is not finished."""
        self._run.close()
        await self._rest.aclose()
