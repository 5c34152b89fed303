"""How an answer leaves: whole or as a stream, and never for a client that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pfgraph.errors import AnswerNotRead
from pfgraph.web.trace import HUNG_UP, trace

T = TypeVar("T")


async def while_connected(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """Return what the work returns, or cancel it and raise ClientDisconnect once the client hangs up."""
    working = asyncio.ensure_future(work)
    listening = asyncio.ensure_future(_hung_up(request.receive))
    try:
        await asyncio.wait({working, listening}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        await _ended(working, listening)


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _ended(*tasks: asyncio.Future[Any]) -> None:
    """Wait until tasks are over, cancelling them first; what they failed with is told or of no use."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        # An exception nobody looked at would be reported when the task is collected.
        _ = task.cancelled() or task.exception()


class Streamed(Response):
    """A response whose body comes in pieces.

    A failure on the way leaves the body without its end, so that nobody takes a part for the whole (D6).
    """

    def __init__(
        self, body: AsyncIterator[bytes], headers: Mapping[str, str], media_type: str, within_s: float | None = None
    ) -> None:
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._pieces, self._within_s = body, within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the pieces until they end, their time does, or the client hangs up; then their source is closed."""
        sending = asyncio.ensure_future(self._send(send))
        listening = asyncio.ensure_future(_hung_up(receive))
        try:
            await asyncio.wait({sending, listening}, timeout=self._within_s, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            elif listening.done():
                trace(scope).outcome = HUNG_UP
            elif self._within_s is not None:
                # The client reads nothing, or too slowly.
                raise AnswerNotRead(self._within_s)
        finally:
            await _ended(sending, listening)
            close = getattr(self._pieces, "aclose", None)
            if close is not None:
                await close()

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async for piece in self._pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
