"""Nurseries from the outside: one process that others come from, and another one where it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pyoxigraph

from pfgraph.query.children import Adopted, Child

NURSERY = Path(__file__).with_name("nursery.py")
# Longer than any fork takes, and a nursery's own start.
BIRTH_S = 2.0
# After a nursery that no child has come from, how long to do without one.
RETRY_S = 60.0
_REPORT_BYTES = 64


def command_of(file: Path, descriptor: int, *arguments: str) -> list[str]:
    """Return the command that runs one of our files by itself, at the other end of a socket."""
    packages = str(Path(pyoxigraph.__file__).parent.parent)
    return [sys.executable, "-I", "-S", str(file), str(descriptor), packages, *arguments]


class Nursery:
    """One process that others come from."""

    def __init__(self, file: Path) -> None:
        self.began = time.monotonic()
        self.is_open, self.is_fertile = True, False
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.setblocking(False)
        try:
            command = command_of(NURSERY, theirs.fileno(), str(file), str(os.getpid()))
            self.process = Child.start(command, [theirs.fileno()])
        except OSError:
            self._channel.close()
            raise
        finally:
            theirs.close()
        self._numbers = itertools.count()
        self._asked: dict[int, tuple[asyncio.Future[Adopted], int]] = {}
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._channel.fileno(), self._read)

    async def child(self, told: Mapping[str, object], line: int, lease: int | None, store_path: str) -> Adopted:
        """Return a new process that is told something and has a store open; raise OSError where none comes."""
        number = next(self._numbers)
        born: asyncio.Future[Adopted] = self._loop.create_future()
        # A store without a lease may be gone by the time that another cell wants it.
        opens = "" if lease is None else store_path
        message = json.dumps({"number": number, "told": told, "opens": opens}).encode()
        heard, said = os.pipe()
        try:
            socket.send_fds(self._channel, [message], [line, said, *([] if lease is None else [lease])])
        except OSError:
            os.close(heard)
            raise
        finally:
            os.close(said)
        self._asked[number] = born, heard
        try:
            async with asyncio.timeout(BIRTH_S):
                return await born
        except TimeoutError:
            self.end()
            raise

    def end(self) -> None:
        """End the process at once; its children live on."""
        self.is_open = False
        self.process.kill()

    async def gone(self) -> None:
        """End the process and wait until it is no more, and until none that just came from it is unknown."""
        self.end()
        await self.process.ended()
        try:
            async with asyncio.timeout(BIRTH_S):
                await self._ended.wait()
        except TimeoutError:
            self._end()

    def _read(self) -> None:
        try:
            report = self._channel.recv(_REPORT_BYTES)
        except BlockingIOError:
            return
        except OSError:
            report = b""
        if not report:
            self._end()
            return
        number, pid = map(int, report.split())
        born, heard = self._asked.pop(number)
        child = Adopted(pid, heard)
        self.is_fertile = True
        if born.done():
            # Whoever wanted it has not waited.
            child.kill()
        else:
            born.set_result(child)

    def _end(self) -> None:
        """Let go of the channel: nobody will report any more."""
        if self._ended.is_set():
            return
        self.is_open = False
        self._ended.set()
        self._loop.remove_reader(self._channel.fileno())
        self._channel.close()
        for born, heard in self._asked.values():
            os.close(heard)
            if not born.done():
                born.set_exception(ConnectionResetError())


class Nurseries:
    """One nursery at a time, for one kind of cells."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._nursery: Nursery | None = None
        self._started = False

    def start(self) -> None:
        """Have a nursery from now on, where the system can have one."""
        self._started = Adopted.is_possible()
        self._open()

    async def child(
        self, told: Mapping[str, object], line: int, lease: int | None = None, store_path: str = ""
    ) -> Adopted | None:
        """Return a new process that is told something, None where there is no nursery; raise OSError where none comes.

        It has its end of a line, and a store open, if there is a lease on it, which it holds. Where none has come, one
        may still come: the line is not for another.
        """
        nursery = self._open()
        return None if nursery is None else await nursery.child(told, line, lease, store_path)

    @property
    def is_fertile(self) -> bool:
        """Whether there is a nursery that processes have come from."""
        return self._nursery is not None and self._nursery.is_open and self._nursery.is_fertile

    async def close(self) -> None:
        """Have no nursery any more."""
        self._started = False
        if self._nursery is not None:
            await self._nursery.gone()
            self._nursery = None

    def _open(self) -> Nursery | None:
        if not self._started:
            return None
        nursery = self._nursery
        if nursery is not None and nursery.is_open:
            return nursery
        if nursery is not None and not nursery.is_fertile and time.monotonic() - nursery.began < RETRY_S:
            return None
        self._nursery = None
        with contextlib.suppress(OSError):
            self._nursery = Nursery(self._file)
        return self._nursery
