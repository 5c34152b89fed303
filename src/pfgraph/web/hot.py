"""What is asked over and over, byte for byte: answered before anything is looked at.

The byte cache knows which requests have the same answer; this only remembers that the very same bytes led to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pfgraph.web.operations import Metrics, Repeated
from pfgraph.web.trace import trace

_MAX_ANSWERS = 1024
# An answer larger than this takes its time anyway.
_MAX_BYTES = 64 * 2**10


@dataclass(frozen=True)
class _Kept:
    """The messages of a whole answer, of which release it is, and how it is counted and logged."""

    release: str
    start: Message
    body: Message
    repeated: Repeated


class Hot:
    """An application whose cached answers are sent again to whoever sends the same bytes."""

    def __init__(self, app: ASGIApp, metrics: Metrics, release_id: Callable[[], str | None]) -> None:
        self._app, self._metrics, self._release_id = app, metrics, release_id
        self._kept: dict[Hashable, _Kept] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from memory, or let the application answer and remember what came from its cache."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        key = (scope["path"], scope["query_string"], scope["scheme"], scope.get("root_path"), tuple(scope["headers"]))
        kept = self._kept.get(key)
        if kept is not None and kept.release == self._release_id():
            await send(kept.start)
            await send(kept.body)
            kept.repeated.note(time.perf_counter() - began, scope.get("client"))
            return
        sent: list[Message] = []

        async def remembering(message: Message) -> None:
            if len(sent) < 3:
                sent.append(message)
            await send(message)

        await self._app(scope, receive, remembering)
        if trace(scope).cache == "hit":
            self._remember(key, scope, sent)

    def _remember(self, key: Hashable, scope: Scope, sent: list[Message]) -> None:
        release = self._release_id()
        if release is None or len(sent) != 2 or len(sent[1]["body"]) > _MAX_BYTES:
            return
        if len(self._kept) >= _MAX_ANSWERS:
            self._kept.clear()
        start, body = sent
        repeated = self._metrics.repeated(scope, start["status"], len(body["body"]))
        self._kept[key] = _Kept(release, start, body, repeated)
