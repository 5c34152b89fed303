"""Whose turn it is: a bounded queue that serves clients in turn, so that no one's many wait before another's one."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict, deque

from pfgraph.errors import Overloaded, TooManyQueries


class Turnstile:
    """A number of places, and the clients who wait for one."""

    def __init__(self, places: int, queue_length: int, per_client: int, wait_s: float) -> None:
        self._free = places
        self._queue_length, self._per_client, self._wait_s = queue_length, per_client, wait_s
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._held: Counter[str] = Counter()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(len(line) for line in self._waiting.values())

    @property
    def running(self) -> int:
        """How many places are taken."""
        return sum(self._held.values()) - self.waiting

    async def enter(self, client: str) -> None:
        """Take a place, waiting for one if need be; raise Overloaded if there are too many already."""
        if self._held[client] >= self._per_client:
            raise TooManyQueries(self._per_client, 1.0)
        if not self._free and self.waiting >= self._queue_length:
            raise Overloaded(self._wait_s)
        self._held[client] += 1
        if self._free:
            self._free -= 1
            return
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
        self._forget(client)
        self._free += 1
        self._admit()

    def _admit(self) -> None:
        while self._free and self._waiting:
            client, line = next(iter(self._waiting.items()))
            turn = line.popleft()
            self._waiting.move_to_end(client)
            if not line:
                del self._waiting[client]
            if not turn.done():
                self._free -= 1
                turn.set_result(None)

    def _give_up(self, client: str, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.leave(client)
            return
        self._forget(client)
        line = self._waiting.get(client)
        if line and turn in line:
            line.remove(turn)
            if not line:
                del self._waiting[client]

    def _forget(self, client: str) -> None:
        self._held[client] -= 1
        if self._held[client] <= 0:
            del self._held[client]
