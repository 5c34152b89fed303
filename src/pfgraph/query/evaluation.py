"""One query under way: it holds a place and a cell until its answer is complete, fails or is given up."""

from __future__ import annotations

import asyncio
import json
import time
from typing import NamedTuple

from pfgraph.errors import (
    AnswerNotRead,
    EngineLost,
    ForbiddenFeature,
    MalformedQuery,
    QueryCpuExceeded,
    QueryError,
    QueryMemoryExceeded,
    QueryTimeout,
    ResultTooLarge,
)
from pfgraph.query.cells import Cell
from pfgraph.query.exchange import Answer, Request
from pfgraph.query.lines import Frame
from pfgraph.query.pool import Pool
from pfgraph.query.reading import Reader
from pfgraph.query.rows import Rows
from pfgraph.query.sparql import Operation
from pfgraph.query.turnstile import Turnstile
from pfgraph.settings import Settings

# A query that takes longer than this gives way to shorter ones.
PATIENCE_S = 0.5
_CAUSES: tuple[tuple[type[BaseException], str], ...] = (
    (QueryTimeout, "timeout"),
    (QueryCpuExceeded, "cpu"),
    (QueryMemoryExceeded, "memory"),
    (AnswerNotRead, "slow-client"),
    (ForbiddenFeature, "forbidden"),
    (EngineLost, "lost"),
    (asyncio.CancelledError, "disconnected"),
)


class Means(NamedTuple):
    """What every evaluation of an engine needs."""

    pool: Pool
    turnstile: Turnstile
    reader: Reader
    settings: Settings


class Evaluation:
    """A query in a place that has been taken for it."""

    def __init__(self, means: Means, request: Request, operation: Operation) -> None:
        self._pool, self._turnstile, self._reader, self._settings = means
        self._request, self._operation = request, operation
        self._rows = Rows(request.media_type, self._operation.form)
        self._cell: Cell | None = None
        self._closed = self._expired = False
        self._answer: Answer | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._began = time.monotonic()
        longest_s = self._settings.query_timeout_s
        self._timeout_s = min(request.timeout_s or longest_s, longest_s)
        self._left_s = self._timeout_s

    async def answer(self) -> Answer:
        """Return the answer, held back until it is complete or too long to hold; raise what went wrong."""
        self._cell = await self._pool.take(str(self._request.release.store_path), self._request.client)
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._cell.step_back)
        self._cell.ask(self._asked())
        held = bytearray()
        while (piece := await self.piece()) is not None:
            held += piece
            if len(held) > self._settings.held_bytes:
                return self._as(Pieces(self, bytes(held), self._settings.stream_s), complete=False)
        return self._as(bytes(held), complete=True)

    def _as(self, body: bytes | Pieces, *, complete: bool) -> Answer:
        self._answer = Answer(
            self._request.media_type,
            self._operation.form,
            body,
            complete,
            time.monotonic() - self._began,
            self._rows.count if complete else None,
            None if complete else self._settings.stream_s,
        )
        return self._answer

    def _asked(self) -> dict[str, object]:
        request, operation = self._request, self._operation
        protocols = request.default_graphs if request.default_graphs or request.named_graphs else None
        return {
            "query": request.query,
            "form": operation.form,
            "media_type": request.media_type,
            "default_graphs": request.default_graphs,
            "named_graphs": request.named_graphs,
            "described": operation.described,
            # The protocol's dataset wins over the query's, here as well.
            "described_in": operation.default_graphs if protocols is None else protocols,
            "max_bytes": self._settings.max_result_bytes,
            "cpu_s": self._settings.query_cpu_s,
        }

    async def piece(self) -> bytes | None:
        """Return the next piece, None after the last; what the client takes to read is not the query's time."""
        if self._cell is None:
            raise EngineLost
        kind, payload = self._cell.line.ready() or await self._waited(self._cell)
        if kind == b"X":
            await self._refused(json.loads(payload))
        if kind == b"E":
            self._finish()
            return None
        self._rows.add(payload)
        return payload

    async def _waited(self, cell: Cell) -> Frame:
        """Return the next frame, or raise QueryTimeout when the time of the query is up."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        # A timer that kills the cell, whose end is then what is read, costs less than a timeout around each read.
        deadline = loop.call_later(max(self._left_s, 0), self._expire)
        try:
            return await cell.frame()
        except QueryError:
            if self._expired:
                raise QueryTimeout(self._timeout_s) from None
            raise
        finally:
            deadline.cancel()
            self._left_s -= loop.time() - began

    def _expire(self) -> None:
        if self._cell is not None:
            self._expired = True
            self._cell.kill()

    async def _refused(self, error: dict[str, str]) -> None:
        """Raise what the cell says is wrong with the query; the cell itself goes on, but for memory."""
        kind, message = error["kind"], error["message"]
        if kind == "memory":
            raise QueryMemoryExceeded(self._settings.query_memory_bytes)
        if kind == "syntax":
            # The place is kept until the reason is found: finding it is work done for this client, too.
            explained = await self._reader.explain(self._request.query, message)
            self._finish()
            raise explained
        self._finish()
        if kind == "large":
            raise ResultTooLarge(self._settings.max_result_bytes)
        raise MalformedQuery(f"この問い合わせは評価できません: {message}", f"This query cannot be evaluated: {message}")

    def _finish(self) -> None:
        """Give the cell and the place back."""
        if self._closed or self._cell is None:
            return
        self._end()
        if self._answer is not None:
            self._answer.rows = self._rows.count
        self._pool.give_back(self._cell)
        self._turnstile.leave(self._request.client)

    def _end(self) -> None:
        self._closed = True
        if self._patience is not None:
            self._patience.cancel()

    def close(self, error: BaseException | None = None) -> None:
        """End an evaluation that did not finish, because of an error or because nobody wants it any more.

        Its cell is killed, for nothing else stops a query.
        """
        if self._closed:
            return
        self._end()
        if self._cell is not None:
            cause = next((name for kind, name in _CAUSES if isinstance(error, kind)), "failed")
            self._pool.end(self._cell, "disconnected" if error is None else cause)
        self._turnstile.leave(self._request.client)


class Pieces:
    """The pieces of a long answer; not to read them in time, or to close them early, ends the query."""

    def __init__(self, evaluation: Evaluation, first: bytes, stream_s: float) -> None:
        self._evaluation, self._first = evaluation, first
        self._late: AnswerNotRead | None = None
        self._deadline = asyncio.get_running_loop().call_later(stream_s, self._expire, stream_s)

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        try:
            piece = await self._evaluation.piece()
        except BaseException as error:
            self._deadline.cancel()
            self._evaluation.close(error)
            if self._late is not None and isinstance(error, Exception):
                raise self._late from error
            raise
        if piece is None:
            self._deadline.cancel()
            raise StopAsyncIteration
        return piece

    def _expire(self, stream_s: float) -> None:
        self._late = AnswerNotRead(stream_s)
        self._evaluation.close(self._late)

    async def aclose(self) -> None:
        """End the query if it is not finished."""
        self._deadline.cancel()
        self._evaluation.close()
