"""A connection of uvicorn's that first looks whether a request needs to be read at all."""

from __future__ import annotations

import asyncio
import time
from typing import Any, cast

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from pfgraph.web.remembered import Alike, Exact
from pfgraph.web.swift import MAX_REQUEST_BYTES, RAW, Swift
from pfgraph.web.trace import READY

# What a client may send before it has the answer to what it sent before.
_MAX_LATER = 2**16


class Connection(HttpToolsProtocol):
    """A connection on which requests like earlier ones are answered from what is remembered.

    That happens only between two messages, and only to bytes that are one whole message; the rest is uvicorn's.
    """

    def __init__(
        self,
        swift: Swift,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._swift = swift
        self._peer = ""
        self._begun = self._ended = 0
        self._answering: asyncio.Task[None] | None = None
        self._later = b""
        self._is_last = False
        self._heads: tuple[list[tuple[bytes, bytes]], bytes] = [], b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""

    def connection_lost(self, exc: Exception | None) -> None:
        """End, and with it what is done for the client."""
        if self._answering is not None:
            self._answering.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer what is like an earlier request, and let uvicorn read everything else."""
        if self._answering is not None:
            self._later += data
            if len(self._later) > _MAX_LATER:
                self.transport.pause_reading()
            return
        if not self._is_between or len(data) > MAX_REQUEST_BYTES:
            super().data_received(data)
            return
        began, found = time.perf_counter(), self._swift.known(self._peer, data)
        if found is None:
            self._read(data)
        elif isinstance(found, Exact):
            self._send(found)
            if found.noted is not None:
                found.noted.note(time.perf_counter() - began)
        elif (at_once := self._swift.at_once(found)) is not None:
            self._send(at_once)
        else:
            self._unset_keepalive_if_required()
            self._answering = self.loop.create_task(self._answer(found, data))
            self.tasks.add(self._answering)
            self._answering.add_done_callback(self.tasks.discard)

    def on_message_begin(self) -> None:
        """Note that a message begins."""
        self._begun += 1
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that a message is complete."""
        self._ended += 1
        super().on_message_complete()

    def shutdown(self) -> None:
        """Close the connection once it has its answer."""
        if self._answering is not None:
            self._is_last = True
        else:
            super().shutdown()

    @property
    def _is_between(self) -> bool:
        """Whether everything that came has been answered."""
        is_answered = self.cycle is None or self.cycle.response_complete
        return self._begun == self._ended and is_answered and not self.pipeline and not self.flow.write_paused

    def _read(self, data: bytes, ready: object = None) -> None:
        """Let uvicorn read a message, and tell the application of its bytes and of what is there already."""
        begun, ended = self._begun, self._ended
        super().data_received(data)
        # The application begins only after this, so it finds what is added here.
        if (self._begun - begun, self._ended - ended) == (1, 1):
            scope = cast(dict[str, Any], self.scope)
            scope.update({RAW: (self._peer, data), READY: ready})

    async def _answer(self, asked: Alike, data: bytes) -> None:
        found = await self._swift.answer(asked)
        self._answering = None
        if isinstance(found, Exact):
            self._send(found)
        else:
            self._read(data, found)
        if self._is_last:
            self.shutdown()
        later, self._later = self._later, b""
        if later and not self.transport.is_closing():
            self.flow.resume_reading()
            self.transport.resume_reading()
            self.data_received(later)

    def _send(self, answer: Exact) -> None:
        """Send an answer, and wait for the next request as uvicorn does."""
        said, head = self._heads
        # Once a second there is another date.
        if said is not self.server_state.default_headers:
            said = self.server_state.default_headers
            head = b"".join(b"%s: %s\r\n" % header for header in said)
            self._heads = said, head
        self.transport.write(b"".join((answer.status_line, head, answer.rest)))
        self.on_response_complete()
