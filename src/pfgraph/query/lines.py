"""The line to a cell: what goes out, and the frames that come back, as they are cut out of the bytes."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from typing import cast

Frame = tuple[bytes, bytes]

_HEAD = struct.Struct(">cI")
_LENGTH = struct.Struct(">I")
# So many bytes are kept for a client that reads slowly; until there are fewer, the cell waits.
_HIGH_BYTES = 2**18


class LineEnded(Exception):
    """There is nobody at the other end any more."""


class Line(asyncio.Protocol):
    """One end of a socket pair, with frames of one byte of kind, four bytes of length and a payload."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._frames: deque[Frame] = deque()
        self._rest = b""
        self._kept = 0
        self._waiting: asyncio.Future[None] | None = None
        self._is_paused = self._has_ended = False

    @classmethod
    async def over(cls, end: socket.socket) -> Line:
        """Return a line over a connected socket, which is closed with it."""
        _, line = await asyncio.get_running_loop().create_connection(cls, sock=end)
        return line

    def send(self, body: bytes) -> None:
        """Send a request; raise LineEnded if nobody is there to read it."""
        if self._transport is None or self._has_ended:
            raise LineEnded
        self._transport.write(_LENGTH.pack(len(body)) + body)

    async def frame(self) -> Frame:
        """Return the next frame; raise LineEnded if none will come."""
        while (found := self.ready()) is None:
            if self._has_ended:
                raise LineEnded
            self._waiting = asyncio.get_running_loop().create_future()
            try:
                await self._waiting
            finally:
                self._waiting = None
        return found

    def ready(self) -> Frame | None:
        """Return the next frame if it has come already."""
        if not self._frames:
            return None
        kind, payload = self._frames.popleft()
        self._kept -= len(payload)
        if self._is_paused and self._kept < _HIGH_BYTES and self._transport is not None:
            self._is_paused = False
            self._transport.resume_reading()
        return kind, payload

    def close(self) -> None:
        """Let go of the socket; frames that have come can still be read."""
        self._has_ended = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Those of uvloop are transports by what they do only.
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Cut what has come into frames."""
        data = self._rest + data if self._rest else data
        place, size = 0, len(data)
        while size - place >= _HEAD.size:
            kind, length = _HEAD.unpack_from(data, place)
            end = place + _HEAD.size + length
            if end > size:
                break
            self._frames.append((kind, data[place + _HEAD.size : end]))
            self._kept += length
            place = end
        self._rest = data[place:]
        if self._kept >= _HIGH_BYTES and not self._is_paused and self._transport is not None:
            self._is_paused = True
            self._transport.pause_reading()
        if self._frames:
            self._wake()

    def connection_lost(self, _error: Exception | None) -> None:
        """End."""
        self._has_ended = True
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
