"""Query texts, read where a long one keeps nobody waiting: one thread reads them, one after the other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pfgraph.errors import MalformedQuery
from pfgraph.query.sparql import Operation, inspect
from pfgraph.query.syntax import explain

T = TypeVar("T")
# What takes a millisecond at most is read on the spot.
SHORT = 2048
# To find out what somebody meant takes its time, and the longest texts are rarely anybody's.
_EXPLAINED = 8192
_PLACE = re.compile(r"error at (\d+):(\d+)")


class Reader:
    """Reads query texts."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "reader")

    async def inspect(self, text: str, max_query_bytes: int) -> Operation:
        """Return what a query asks for, or raise the QueryError that says why it is none."""
        return await self._read(text, lambda: inspect(text, max_query_bytes))

    async def explain(self, text: str, parser: str) -> MalformedQuery:
        """Return the error for a text that the engine does not take for a query, and said so in its own words."""
        if len(text) <= _EXPLAINED:
            return await self._read(text, lambda: explain(text, parser))
        place = _PLACE.search(parser)
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        ja, en = "SPARQL のクエリとして読めません。", "This cannot be read as a SPARQL query."
        return MalformedQuery(ja, en, line, column)

    async def _read(self, text: str, read: Callable[[], T]) -> T:
        if len(text) <= SHORT:
            return read()
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    def close(self) -> None:
        """Read no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
