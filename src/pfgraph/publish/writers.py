"""Writers in a row: one process makes releases, one write after the other, and only so many may wait."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable

from pfgraph.errors import Draining, Overloaded, WriterLost
from pfgraph.publish import requests
from pfgraph.publish.requests import WriteRequest, Written
from pfgraph.settings import PREFIX, Settings

# So long at most do readers have to themselves between two writes.
PAUSE_S = 1.0


class Writers:
    """The queue in front of the process that makes releases."""

    def __init__(
        self, settings: Settings, prepare: Callable[[str], Awaitable[None]], is_read: Callable[[], bool]
    ) -> None:
        self._settings, self._prepare, self._is_read = settings, prepare, is_read
        self._ended = self._took_s = 0.0
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._process: Process | None = None
        self._closed = False

    async def start(self) -> None:
        """Have the process ready before somebody waits for it."""
        self._closed = False
        self._process = await self._spawned()

    async def write(self, request: WriteRequest, body: bytes) -> Written:
        """Return what became of a write, or raise why it was not made."""
        if self._closed:
            raise Draining
        if self._waiting >= self._settings.write_queue:
            raise Overloaded(self._settings.queue_wait_s)
        self._waiting += 1
        try:
            async with self._turn:
                await self._leave_time()
                # Whoever hangs up does not stop a write that has begun.
                return await asyncio.shield(asyncio.ensure_future(self._written(request, body)))
        finally:
            self._waiting -= 1

    def took(self, seconds: float) -> None:
        """Note that a write has just ended, and how long it took."""
        self._ended, self._took_s = time.monotonic(), seconds

    async def _leave_time(self) -> None:
        """Let twice the time pass that the last write took, while somebody reads: two thirds are for readers alone."""
        pause_s = min(2 * self._took_s, PAUSE_S) - (time.monotonic() - self._ended)
        if pause_s > 0 and self._is_read():
            await asyncio.sleep(pause_s)

    async def close(self) -> None:
        """Let the write that has begun end, and end the process."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.write_timeout_s), self._turn:
                pass
        if self._process is not None:
            await self._end(self._process)
            self._process = None

    async def _written(self, request: WriteRequest, body: bytes) -> Written:
        process = self._process
        if process is None or process.returncode is not None:
            process = self._process = await self._spawned()
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._settings.write_timeout_s):
                return requests.written(await self._asked(process, request.to_json(), body))
        except (TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            await self._end(process)
            raise WriterLost from error
        finally:
            self.took(time.monotonic() - began)

    async def _asked(self, process: Process, head: bytes, body: bytes) -> bytes:
        """Return the answer to a write; readers are prepared for the release before it becomes current."""
        await _send(process, head, body)
        answer = await _frame(process)
        while (release := requests.prepared(answer)) is not None:
            await self._prepare(release)
            await _send(process, b"")
            answer = await _frame(process)
        return answer

    async def _spawned(self) -> Process:
        settings = self._settings
        plain = "plain" if settings.plain_dataset else "union"
        arguments = [str(settings.home), plain, str(settings.query_memory_bytes), str(settings.write_timeout_s / 2)]
        return await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "pfgraph.publish.scribe", *arguments],
            stdin=PIPE,
            stdout=PIPE,
            # It has nothing to do with tokens.
            env={name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
            limit=2**20,
        )

    async def _end(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _send(process: Process, *contents: bytes) -> None:
    assert process.stdin is not None  # it is a pipe
    for content in contents:
        process.stdin.write(struct.pack(">I", len(content)) + content)
    await process.stdin.drain()


async def _frame(process: Process) -> bytes:
    assert process.stdout is not None  # it is a pipe
    size: int = struct.unpack(">I", await process.stdout.readexactly(4))[0]
    return await process.stdout.readexactly(size)
