"""What was sent in, parsed and evaluated: in a cell that may be lost, one for each write."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from pyoxigraph import Quad, RdfFormat, parse

from pfgraph.errors import EngineLost, MalformedQuery, QueryMemoryExceeded, QueryTimeout, ResultTooLarge
from pfgraph.messages import Text
from pfgraph.query.nurseries import BIRTH_S, NURSERY, command_of

CELL = Path(__file__).with_name("cell.py")
ATTEMPTS = 3
_REPORT_BYTES = 64


@dataclass(frozen=True)
class Budget:
    """What one write may use up in its cell."""

    memory_bytes: int = 2**30
    cpu_s: float = 30.0
    timeout_s: float = 30.0
    max_bytes: int = 256 * 2**20


class Refused(Exception):
    """The cell could not read what it was given; says why, in the engine's words."""


class Forked:
    """A child that a nursery has made for this process, with as much of `subprocess.Popen` as it takes."""

    def __init__(self, pid: int) -> None:
        self._pid, self._is_buried = pid, False

    def kill(self) -> None:
        """End it at once."""
        if not self._is_buried:
            os.kill(self._pid, signal.SIGKILL)

    def wait(self) -> None:
        """Wait until it has ended."""
        if not self._is_buried:
            os.waitpid(self._pid, 0)
            self._is_buried = True


class Nursery:
    """The process that a writer's cells come from; another one where it is gone, none where no child came from it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._is_fertile = sys.platform == "linux"

    def child(self, told: Mapping[str, object], line: socket.socket) -> Forked | None:
        """Return a cell at the other end of a line, None where there is no nursery; raise OSError where none comes."""
        try:
            channel = self._channel or self.start()
            if channel is None:
                return None
            with Path(os.devnull).open("wb") as silence:
                message = json.dumps({"number": 0, "told": told, "opens": ""}).encode()
                socket.send_fds(channel, [message], [line.fileno(), silence.fileno()])
            report = channel.recv(_REPORT_BYTES)
            if not report:
                raise ConnectionResetError
        except OSError:
            self.close()
            raise
        self._is_fertile = True
        return Forked(int(report.split()[1]))

    def start(self) -> socket.socket | None:
        """Have the process ready, if there can be one, and return the channel to it."""
        if not self._is_fertile:
            return None
        self._is_fertile = False
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(BIRTH_S)
        with theirs:
            self._process = _started(command_of(NURSERY, theirs.fileno(), str(CELL), str(os.getpid())), theirs)
        return self._channel

    def close(self) -> None:
        """End the process, if there is one."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._channel = self._process = None


def _started(command: list[str], inherited: socket.socket) -> subprocess.Popen[bytes]:
    silence = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603  (our own file, by our own interpreter)
        command,
        stdin=silence,
        stdout=silence,
        stderr=silence,
        pass_fds=[inherited.fileno()],
        env={"LC_ALL": "C.UTF-8"},
        cwd="/",
    )


class Evaluation:
    """A cell on a release's store, or on none, from the outside."""

    def __init__(self, store_path: Path | None, budget: Budget, nursery: Nursery | None = None) -> None:
        self._budget = budget
        self._deadline = time.monotonic() + budget.timeout_s
        for attempt in range(ATTEMPTS):
            try:
                self._start("" if store_path is None else str(store_path), nursery)
                return
            except (OSError, EngineLost):
                if attempt == ATTEMPTS - 1:
                    raise

    def _start(self, store_path: str, nursery: Nursery | None) -> None:
        told = {"store": store_path, "memory_bytes": self._budget.memory_bytes}
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                command = command_of(CELL, theirs.fileno(), str(os.getpid()), json.dumps(told))
                self._process = (nursery and nursery.child(told, theirs)) or _started(command, theirs)
        except OSError:
            self._socket.close()
            raise
        try:
            self._frame()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        """Return the cell itself."""
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """End the process."""
        self.close()

    def close(self) -> None:
        """End the process at once."""
        self._socket.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def ask(self, task: str, **given: object) -> tuple[frozenset[Quad], frozenset[Quad]]:
        """Return the quads that a task removes and those that it adds."""
        removed, added = bytearray(), bytearray()
        for line in self._answer({"task": task, **given}).split(b"\n"):
            into = removed if line[:1] == b"-" else added
            into += line[1:] + b"\n"
        # Written by the parser of the cell: what it parsed there is well formed here.
        return frozenset(parse(bytes(removed), RdfFormat.N_QUADS)), frozenset(parse(bytes(added), RdfFormat.N_QUADS))

    def _answer(self, request: Mapping[str, object]) -> bytes:
        limits = {"cpu_s": self._budget.cpu_s, "max_bytes": self._budget.max_bytes}
        body = json.dumps({**request, **limits}).encode()
        found = bytearray()
        try:
            self._socket.sendall(struct.pack(">I", len(body)) + body)
            while (frame := self._frame())[0] == b"D":
                found += frame[1]
        except OSError as error:
            raise self._lost() from error
        if frame[0] == b"X":
            self._refused(json.loads(frame[1]))
        return bytes(found)

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._exactly(5)
        return head[:1], self._exactly(struct.unpack(">I", head[1:])[0])

    def _exactly(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            left_s = self._deadline - time.monotonic()
            if left_s <= 0:
                raise QueryTimeout(self._budget.timeout_s)
            self._socket.settimeout(left_s)
            try:
                piece = self._socket.recv(min(size - len(found), 2**18))
            except TimeoutError:
                raise QueryTimeout(self._budget.timeout_s) from None
            if not piece:
                raise self._lost()
            found += piece
        return bytes(found)

    def _lost(self) -> EngineLost:
        return EngineLost(Text("送った内容を小さく、単純にしてください。", "Send something smaller or simpler."))

    def _refused(self, error: Mapping[str, str]) -> None:
        kind, message = error["kind"], error["message"]
        if kind == "memory":
            raise QueryMemoryExceeded(self._budget.memory_bytes)
        if kind == "large":
            raise ResultTooLarge(self._budget.max_bytes)
        if kind == "syntax":
            raise Refused(message)
        raise MalformedQuery(f"この更新は評価できません: {message}", f"This update cannot be evaluated: {message}")
