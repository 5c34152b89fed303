"""What was sent in, parsed and evaluated: in a cell that may be lost, one for each write."""

from __future__ import annotations

import contextlib
import json
import os
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

import pyoxigraph
from pyoxigraph import Quad, RdfFormat, parse

from pfgraph.errors import EngineLost, MalformedQuery, QueryMemoryExceeded, QueryTimeout, ResultTooLarge
from pfgraph.messages import Text
from pfgraph.query.cells import CELL as QUERY_CELL

CELL = Path(__file__).with_name("cell.py")
ATTEMPTS = 3


@dataclass(frozen=True)
class Budget:
    """What one write may use up in its cell."""

    memory_bytes: int = 2**30
    cpu_s: float = 30.0
    timeout_s: float = 30.0
    max_bytes: int = 256 * 2**20


class Refused(Exception):
    """The cell could not read what it was given; says why, in the engine's words."""


class Evaluation:
    """A cell on a release's store, or on none, from the outside."""

    def __init__(self, store_path: Path | None, budget: Budget) -> None:
        self._budget = budget
        self._deadline = time.monotonic() + budget.timeout_s
        for attempt in range(ATTEMPTS):
            try:
                self._start("" if store_path is None else str(store_path))
                return
            except (OSError, EngineLost):
                if attempt == ATTEMPTS - 1:
                    raise

    def _start(self, store_path: str) -> None:
        self._socket, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), str(Path(pyoxigraph.__file__).parent.parent), str(QUERY_CELL)]
        arguments += [store_path, str(self._budget.memory_bytes), str(os.getpid())]
        self._process = subprocess.Popen(  # noqa: S603  (our own file, by our own interpreter)
            [sys.executable, "-I", "-S", str(CELL), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env={"LC_ALL": "C.UTF-8"},
            cwd="/",
        )
        theirs.close()
        self._frame()

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
