"""Child processes: started without copying what this one holds, and waited for without holding up the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from subprocess import DEVNULL, PIPE

_SAID_BYTES = 2**16


class Child:
    """A process of ours.

    uvloop forks, which takes a server of 200 MB some 15 ms in which nobody is answered; `subprocess` does as vfork
    does, and takes one.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process, self._ended = process, asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._said = b""
        threading.Thread(target=self._wait, name=f"child {process.pid}", daemon=True).start()

    @classmethod
    def start(cls, command: Sequence[str], environ: Mapping[str, str], descriptors: Sequence[int]) -> Child:
        """Start a process that inherits these descriptors and can be heard on its standard error only."""
        process = subprocess.Popen(  # noqa: S603  (the command is a cell's)
            command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, pass_fds=descriptors, env=environ, cwd="/"
        )
        return cls(process)

    @property
    def pid(self) -> int:
        """Its number, as long as it has not been waited for."""
        return self._process.pid

    async def ended(self) -> int:
        """Wait until the process has ended, and return its status, negative for a signal."""
        await self._ended.wait()
        return self._process.wait()

    @property
    def last_words(self) -> bytes:
        """What it said on its standard error, once it has ended."""
        return self._said

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def _wait(self) -> None:
        """Read what the process says until it ends, and tell the loop."""
        if self._process.stderr is not None:
            with self._process.stderr as stderr:
                while piece := os.read(stderr.fileno(), _SAID_BYTES):
                    self._said = (self._said + piece)[-_SAID_BYTES:]
        self._process.wait()
        # The loop may be closed by now; then nobody waits.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._ended.set)
