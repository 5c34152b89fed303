"""Cells from the outside: processes that hold a read-only release, answer one query at a time and can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pfgraph.errors import EngineLost, ForbiddenFeature, QueryCpuExceeded, QueryError, QueryMemoryExceeded
from pfgraph.messages import Text
from pfgraph.query.children import Adopted, Child
from pfgraph.query.confines import LAST, send_away
from pfgraph.query.lines import Frame, Line, LineEnded
from pfgraph.query.nurseries import Nurseries, command_of
from pfgraph.releases.locks import Lease
from pfgraph.releases.release import LEASE

CELL = Path(__file__).with_name("cell.py")
START_S = 10.0
ATTEMPTS = 3
NICE = 10
_ENDING_S = 0.1
_OUT_OF_MEMORY = (b"memory allocation of", b"bad_alloc", b"capacity overflow")
_LAST_WORDS = {
    b"overflowed its stack": Text("入れ子を浅くしてください。", "Nest less deeply."),
    b"total order": Text(
        "時間帯のある日時とない日時は、一緒に並べられません。ORDER BY STR(?x) としてください。",
        "Dates with and without a time zone have no order; write ORDER BY STR(?x).",
    ),
}


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
    process: Child | Adopted
    end: socket.socket
    line: Line
    jailed: bool = False
    client: str = ""
    asked: int = 0
    thread: int = 0
    is_slow: bool = False
    is_killed: bool = False

    def ask(self, request: Mapping[str, object]) -> None:
        """Send a request; its frames are to be read up to the one of kind E or X."""
        self.asked += 1
        # That nobody reads it is told by the frames that do not come.
        with contextlib.suppress(LineEnded):
            self.line.send(json.dumps(request).encode())

    async def frame(self) -> Frame:
        """Return the next frame, its kind and its payload; raise a QueryError if the process ends first."""
        try:
            return await self.line.frame()
        except LineEnded as ended:
            # Why we killed it is known to whoever did; to wait for its end would only take time.
            raise (EngineLost() if self.is_killed else await self._cause()) from ended

    async def _cause(self) -> QueryError:
        """Return why the process ended, as far as its signal and its last words tell."""
        try:
            async with asyncio.timeout(_ENDING_S):
                code = await self.process.ended()
        except TimeoutError:
            self.kill()
            code = await self.process.ended()
        said = self.process.last_words
        if code == -signal.SIGXCPU:
            return QueryCpuExceeded(self.budget.cpu_s)
        if code == -signal.SIGSYS:
            # Whatever the engine took for SERVICE, it has just tried to open a socket.
            return ForbiddenFeature("SERVICE")
        if any(words in said for words in _OUT_OF_MEMORY):
            return QueryMemoryExceeded(self.budget.memory_bytes)
        return EngineLost(next((hint for words, hint in _LAST_WORDS.items() if words in said), None))

    @property
    def is_alive(self) -> bool:
        """Whether the process of an idle cell has neither ended nor said anything unasked.

        The socket knows at once what the event loop will only learn.
        """
        try:
            self.end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def step_back(self, niceness: int = NICE) -> None:
        """Let others go first: what takes long may take longer, what is short shall not.

        There is no way back from that, so the cell is of no use for another query.
        """
        self.is_slow = True
        for thread in (self.thread, self.process.pid):
            with contextlib.suppress(OSError, AttributeError):
                os.setpriority(os.PRIO_PROCESS, thread, niceness)

    def leave(self) -> None:
        """End the process where and when nobody waits for that: the kernel takes a millisecond for its memory."""
        # The number of one that has ended may be another's by now.
        if self.is_alive:
            self.step_back(LAST)
            for thread in (self.thread, self.process.pid):
                send_away(thread)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.is_killed = True
        self.line.close()
        self.process.kill()

    async def gone(self) -> None:
        """Kill the process and wait until it is no more."""
        self.kill()
        await self.process.ended()


async def spawn(store_path: str, budget: Budget, prefixes: Mapping[str, str], nurseries: Nurseries) -> Cell:
    """Return a cell that is ready; a start that fails is tried again, then it is EngineLost."""
    for _ in range(ATTEMPTS):
        with contextlib.suppress(OSError, LineEnded, TimeoutError):
            return await _start(store_path, budget, prefixes, nurseries)
    raise EngineLost


async def _start(store_path: str, budget: Budget, prefixes: Mapping[str, str], nurseries: Nurseries) -> Cell:
    ours, theirs = socket.socketpair()
    # The cell inherits the lease: as long as it lives, what it reads is not removed.
    lease = Lease.take(Path(store_path).parent / LEASE)
    told = {"store": store_path, "memory_bytes": budget.memory_bytes, "prefixes": dict(prefixes)}
    try:
        line, held = theirs.fileno(), None if lease is None else lease.fileno()
        inherited = [line] if held is None else [line, held]
        forked = await nurseries.child(told, line, held, store_path)
        process = forked or Child.start(_command(line, told), inherited)
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
        if lease is not None:
            lease.close()
    cell = Cell(store_path, budget, process, ours, await Line.over(ours))
    try:
        async with asyncio.timeout(START_S):
            kind, payload = await cell.line.frame()
    except BaseException:
        cell.kill()
        raise
    state, _, thread = payload.partition(b" ")
    cell.jailed, cell.thread = kind == b"R" and state == b"jailed", int(thread)
    return cell


def _command(descriptor: int, told: Mapping[str, object]) -> list[str]:
    """Return the command that starts a cell where it does not come from a nursery."""
    return command_of(CELL, descriptor, str(os.getpid()), json.dumps(told))
