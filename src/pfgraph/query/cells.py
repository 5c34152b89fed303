"""Cells from the outside: processes that hold a read-only release, answer one query at a time and can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import sys
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pyoxigraph

from pfgraph.errors import EngineLost, QueryMemoryExceeded, QueryTimeout

CELL = Path(__file__).with_name("cell.py")
START_S = 10.0
ATTEMPTS = 3
_READ_BYTES = 2**18
_OUT_OF_MEMORY = (b"memory allocation of", b"bad_alloc", b"capacity overflow")


@dataclass(frozen=True)
class Budget:
    """What a query may use up in a cell."""

    memory_bytes: int
    cpu_s: float


@dataclass(eq=False)
class Cell:
    """One process on one release."""

    store_path: str
    budget: Budget
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    jailed: bool = False
    asked: int = 0

    async def ask(self, request: Mapping[str, object]) -> AsyncGenerator[tuple[bytes, bytes]]:
        """Yield the frames of an answer, the last of kind E or X; raise a QueryError if the process ends first."""
        self.asked += 1
        body = json.dumps({**request, "cpu_s": self.budget.cpu_s}).encode()
        try:
            self.writer.write(struct.pack(">I", len(body)) + body)
            await self.writer.drain()
            while True:
                kind, payload = await self._frame()
                yield kind, payload
                if kind in b"EX":
                    return
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise await self._cause() from error

    async def _frame(self) -> tuple[bytes, bytes]:
        head = await self.reader.readexactly(5)
        return head[:1], await self.reader.readexactly(struct.unpack(">I", head[1:])[0])

    async def _cause(self) -> Exception:
        """Return why the process ended, as far as its signal and its last words tell."""
        self.kill()
        said = b""
        if self.process.stderr is not None:
            said = await self.process.stderr.read(2**16)
        code = await self.process.wait()
        if code == -signal.SIGXCPU:
            return QueryTimeout(self.budget.cpu_s)
        if any(words in said for words in _OUT_OF_MEMORY):
            return QueryMemoryExceeded(self.budget.memory_bytes)
        return EngineLost()

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended."""
        return self.process.returncode is None

    def kill(self) -> None:
        """End the process at once."""
        self.writer.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    async def gone(self) -> None:
        """Kill the process and wait until it is no more."""
        self.kill()
        await self.process.wait()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()


async def spawn(store_path: str, budget: Budget, prefixes: Mapping[str, str]) -> Cell:
    """Return a cell that is ready; a start that fails is tried again, then it is EngineLost."""
    for _ in range(ATTEMPTS):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            return await _start(store_path, budget, prefixes)
    raise EngineLost


async def _start(store_path: str, budget: Budget, prefixes: Mapping[str, str]) -> Cell:
    ours, theirs = socket.socketpair()
    try:
        packages = Path(pyoxigraph.__file__).parent.parent
        arguments = [str(theirs.fileno()), str(packages), store_path, str(budget.memory_bytes)]
        process = await asyncio.create_subprocess_exec(
            *[
                sys.executable,
                "-I",
                "-S",
                str(CELL),
                *arguments,
                json.dumps(dict(prefixes)),
                str(os.getpid()),
            ],
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            pass_fds=[theirs.fileno()],
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    reader, writer = await asyncio.open_connection(sock=ours, limit=_READ_BYTES)
    cell = Cell(store_path, budget, process, reader, writer)
    try:
        async with asyncio.timeout(START_S):
            kind, payload = await cell._frame()
    except BaseException:
        cell.kill()
        raise
    cell.jailed = kind == b"R" and payload == b"jailed"
    return cell
