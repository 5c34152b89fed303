"""The server as a process: it listens, and when it is told to stop it finishes what it has begun."""

from __future__ import annotations

import gc
import socket
import sys
import threading
import time
from types import FrameType

import uvicorn

from pfgraph.query.confines import slim_threads
from pfgraph.settings import Settings
from pfgraph.web.app import create_app, serving

_SWITCH_S = 0.0005
_STACK_BYTES = 8 * 2**20


class Server(uvicorn.Server):
    """A server that, told to stop, first answers the queries under way, and new ones with 503, for `drain_s` at most.

    Told so a second time, it stops at once. Either way it ends with status 0: to stop when told is no failure.
    """

    def __init__(self, settings: Settings) -> None:
        self._app = create_app(settings)
        super().__init__(serving(settings, self._app))
        self._drain_s = settings.drain_s
        self._deadline: float | None = None
        # One thread is the event loop, others compress, or read long texts: it must not wait 5 ms for each of them.
        sys.setswitchinterval(_SWITCH_S)
        # Python's own threads read what may be nested deeply, others do not.
        threading.stack_size(_STACK_BYTES)
        slim_threads()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen."""
        await super().startup(sockets)
        # What there is now stays; to go through it again and again would stop the event loop for 30 ms each time.
        gc.collect()
        gc.freeze()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  (uvicorn's signature)
        """Begin to stop."""
        if self._deadline is not None:
            self.should_exit = True
            return
        self._app.site.engine.drain()
        self._deadline = time.monotonic() + self._drain_s

    async def on_tick(self, counter: int) -> bool:
        """Return whether to stop now."""
        if self._deadline is not None:
            self.should_exit |= self._app.site.engine.is_resting or time.monotonic() >= self._deadline
        return await super().on_tick(counter)
