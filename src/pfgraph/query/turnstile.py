"""Whose turn it is: a bounded queue that serves clients in turn, so that no one's many wait before another's one."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque

from pfgraph.errors import Overloaded, TooManyQueries

# What we ask ourselves, to make a page: it is little, and no client's.
OURSELVES = ""


class Turnstile:
    """A number of places, of which one client may take about half, and the clients who wait for one."""

    def __init__(self, places: int, queue_length: int, per_client: int, wait_s: float) -> None:
        self._free = places
        self._share = (places + 1) // 2
        self._queue_length, self._per_client, self._wait_s = queue_length, per_client, wait_s
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._running: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(line) for line in self._waiting.values())

    @property
    def running(self) -> int:
        """How many places are taken."""
        return self._running.total()

    async def enter(self, client: str) -> None:
        """Take a place, waiting for one if need be; raise Overloaded if there are too many already."""
        held = self._running[client] + len(self._waiting.get(client, ()))
        if held >= self._per_client and client != OURSELVES:
            raise TooManyQueries(self._per_client, 1.0)
        if self._may_run(client):
            self._take(client)
            return
        if self.waiting >= self._queue_length:
            raise Overloaded(self._wait_s)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(client, deque()).append(turn)
        try:
            async with asyncio.timeout(self._wait_s):
                await turn
        except TimeoutError:
            self._give_up(client, turn)
            raise Overloaded(self._wait_s) from None
        except asyncio.CancelledError:
            self._give_up(client, turn)
            raise

    def leave(self, client: str) -> None:
        """Give the place back; the next client in turn takes it."""
        self._running[client] -= 1
        if not self._running[client]:
            del self._running[client]
        self._free += 1
        self._admit()

    def _may_run(self, client: str) -> bool:
        return self._free > 0 and (client == OURSELVES or self._running[client] < self._share)

    def _take(self, client: str) -> None:
        self._free -= 1
        self._running[client] += 1

    def _admit(self) -> None:
        while (client := next(filter(self._may_run, self._waiting), None)) is not None:
            turn = self._waiting[client].popleft()
            self._waiting.move_to_end(client)
            if not self._waiting[client]:
                del self._waiting[client]
            if not turn.done():
                self._take(client)
                turn.set_result(None)

    def _give_up(self, client: str, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.leave(client)
            return
        line = self._waiting.get(client)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self._waiting[client]
