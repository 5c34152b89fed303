"""Child processes: started without copying what this one holds, and waited for without holding up the event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from subprocess import DEVNULL, PIPE

_SAID_BYTES = 2**16
_ENVIRON = {"LC_ALL": "C.UTF-8"}


class Forked:
    """A child that another process has made for this one, with as much of `subprocess.Popen` as it takes."""

    def __init__(self, pid: int, heard: int) -> None:
        self.pid, self.stderr = pid, open(heard, "rb", buffering=0)  # noqa: SIM115  (closed by whoever reads it)
        self._status: int | None = None
        self._lock = threading.Lock()

    def wait(self) -> int:
        """Wait until it has ended, and return its status, negative for a signal."""
        if self._status is None:
            # Its number is its own until it is let go, which is not to be while somebody sends it a signal.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            with self._lock:
                self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self._status

    def kill(self) -> None:
        """End it at once."""
        with self._lock:
            if self._status is None:
                os.kill(self.pid, signal.SIGKILL)


class Child:
    """A process of ours.

    uvloop forks, which takes a server of 200 MB some 15 ms in which nobody is answered; `subprocess` does as vfork
    does, and takes one or, where pages are slow, several. A process that a nursery forks takes nobody's time here.
    """

    def __init__(self, process: subprocess.Popen[bytes] | Forked) -> None:
        self._process, self._ended = process, asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._said = b""
        threading.Thread(target=self._wait, name=f"child {process.pid}", daemon=True).start()

    @classmethod
    def start(cls, command: Sequence[str], descriptors: Sequence[int]) -> Child:
        """Start a process that inherits these descriptors and can be heard on its standard error only."""
        process = subprocess.Popen(  # noqa: S603  (the command is a cell's)
            command, stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE, pass_fds=descriptors, env=_ENVIRON, cwd="/"
        )
        return cls(process)

    @classmethod
    def adopt(cls, pid: int, heard: int) -> Child:
        """Take care of a child of this process that another one has made, and of the pipe it is heard by."""
        return cls(Forked(pid, heard))

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
