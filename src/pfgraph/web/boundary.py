"""Where every error becomes a response, and a broken stream stays broken."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pfgraph.errors import PfgraphError
from pfgraph.web.problems import kind_of, respond, translated, unforeseen
from pfgraph.web.rendering import Pages
from pfgraph.web.trace import HUNG_UP, trace


class StreamCut(Exception):
    """An answer that had begun could not be finished; its connection is closed without a clean end."""


class Boundary:
    """An application that answers with a problem instead of raising.

    Once an answer has begun there is no telling any more: it is cut off (D6).
    """

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        self._app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, or answer for it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except ClientDisconnect:
            trace(scope).outcome = HUNG_UP
        except Exception as error:
            found = _as_ours(error, Request(scope))
            if started:
                trace(scope).outcome = f"cut-{kind_of(found)}"
                raise StreamCut(found.en) from error
            await respond(found, Request(scope), self._pages)(scope, receive, send)


def _as_ours(error: Exception, request: Request) -> PfgraphError:
    """Return an error as one of our own."""
    if isinstance(error, PfgraphError):
        return error
    return translated(error, request) if isinstance(error, HTTPException) else unforeseen(error)
