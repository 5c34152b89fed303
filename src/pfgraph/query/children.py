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


class Child:
    """A process of ours.

    uvloop forks, which takes a server of 200 MB some 15 ms in which nobody is answered; `subprocess` does as vfork
    does, and takes one or, where pages are slow, several. One that a nursery forks takes nobody's time here.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
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


class Adopted:
    """A child of this process that another one has made, and the pipe that is its standard error.

    The loop itself hears of its end: to start a thread that waits takes as long as that thread waits for its turn.
    What it says has to fit into the pipe.
    """

    def __init__(self, pid: int, heard: int) -> None:
        self.pid, self._heard = pid, heard
        self.last_words = b""
        self._ended = asyncio.Event()
        self._status: int | None = None
        self._end = os.pidfd_open(pid)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._end, self._bury)

    @staticmethod
    def is_possible() -> bool:
        """Whether this system tells of the end of a process by a descriptor."""
        try:
            os.close(os.pidfd_open(os.getpid()))
        except (AttributeError, OSError):
            return False
        return True

    async def ended(self) -> int:
        """Wait until the process has ended, and return its status, negative for a signal."""
        await self._ended.wait()
        return self._status or 0

    def kill(self) -> None:
        """End the process at once."""
        if self._status is None:
            os.kill(self.pid, signal.SIGKILL)

    def _bury(self) -> None:
        self._loop.remove_reader(self._end)
        os.close(self._end)
        self._status = 0
        # Where SIGCHLD is ignored nobody is told how a process ended.
        with contextlib.suppress(ChildProcessError):
            self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.set_blocking(self._heard, False)
        with contextlib.suppress(BlockingIOError):
            self.last_words = os.read(self._heard, _SAID_BYTES)
        os.close(self._heard)
        self._ended.set()
