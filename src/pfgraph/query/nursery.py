"""A nursery: this file runs by itself in a process that has read what every cell needs, and forks them in a moment.

It imports the standard library, the file of a cell and pyoxigraph. A request is one message of JSON: a number, what
the cell is told, and the store that it is to have open; with it come the descriptors that the cell is to have: its end
of the line, its standard error, and the lease on that store. The cell itself answers with the number and its own. It
is a child of the server's: the end of the nursery is no harm to it.

Of the stores the one asked for last stays open here, since to open it takes longer than all the rest of a start. What
RocksDB has threads for does not happen to a store that is only read; they idle here, and a cell does without them.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import platform
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any

MESSAGE_BYTES, DESCRIPTORS = 2**16, 8
# A store that nobody asks for is closed after so long.
KEPT_S = 60.0
CLONE_PARENT, CLONE_CHILD_CLEARTID, CLONE_CHILD_SETTID = 0x8000, 0x200000, 0x1000000
PR_GET_TID_ADDRESS = 40
# The number of clone on each architecture.
_CLONE = {"x86_64": 56, "aarch64": 220}


class Clone:
    """The system call that forks a child of this process's parent, which `os.fork` cannot.

    CPython names `PyOS_BeforeFork` and its two companions for whoever forks by other means. What else the C library's
    own fork would do concerns threads, of which there is one, and its number, which the kernel notes where it is kept.
    """

    def __init__(self) -> None:
        self._libc = ctypes.PyDLL(None, use_errno=True)
        self._number = _CLONE[platform.machine()]
        self._place = ctypes.c_void_p()
        self._libc.prctl(PR_GET_TID_ADDRESS, ctypes.byref(self._place), 0, 0, 0)
        # musl keeps something else there, and a kernel may not tell: then there is no nursery.
        if not self._place.value or ctypes.c_int.from_address(self._place.value).value != os.getpid():
            raise OSError(PR_GET_TID_ADDRESS, "not where the C library keeps the number of its thread")

    def __call__(self) -> bool:
        """Return whether this is the child."""
        flags = CLONE_PARENT | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | signal.SIGCHLD
        ctypes.pythonapi.PyOS_BeforeFork()
        # The architectures differ in which of the last two is for the number; the other one is not looked at.
        pid = self._libc.syscall(*map(ctypes.c_long, (self._number, flags, 0, 0)), self._place, self._place)
        error = ctypes.get_errno()
        if pid == 0:
            ctypes.pythonapi.PyOS_AfterFork_Child()
            return True
        ctypes.pythonapi.PyOS_AfterFork_Parent()
        if pid < 0:
            raise OSError(error, os.strerror(error))
        return False


class Kept:
    """The store that was asked for last, with the lease that keeps its files from being removed."""

    def __init__(self, read_only: Callable[[str], object]) -> None:
        self._read_only = read_only
        self._path = ""
        self._lease = -1
        self._store: object = None

    def have(self, path: str, lease: int) -> None:
        """Have a store open, and no other one; one that cannot be opened is for the cell to say so."""
        if path == self._path:
            return
        self.drop()
        with contextlib.suppress(OSError, RuntimeError):
            self._store = self._read_only(path)
            self._path, self._lease = path, os.dup(lease)

    def drop(self) -> None:
        """Have no store any more."""
        if self._path:
            self._path, self._store = "", None
            os.close(self._lease)

    @property
    def given(self) -> dict[str, object]:
        """What a cell is given of it."""
        return {"store": self._store} if self._path else {}


def attend(
    channel: socket.socket, clone: Callable[[], bool], kept: Kept, give_way: Callable[[], None], kept_s: float = KEPT_S
) -> tuple[dict[str, Any], list[int]] | None:
    """Return, in each cell that is asked for, what it is to be; and None here, when nobody asks any more."""
    channel.settimeout(kept_s)
    while True:
        try:
            message, descriptors, _, _ = socket.recv_fds(channel, MESSAGE_BYTES, DESCRIPTORS)
        except TimeoutError:
            kept.drop()
            continue
        if not message:
            return None
        request = json.loads(message)
        if request["opens"]:
            kept.have(request["opens"], descriptors[-1])
        give_way()
        if clone():
            return request, descriptors
        give_way()
        for descriptor in descriptors:
            os.close(descriptor)


def main() -> None:
    """Run a nursery: file descriptor, folder of pyoxigraph, file of the cells, parent of both."""
    fd, packages, file, parent = sys.argv[1:5]
    spec: Any = importlib.util.spec_from_file_location("cell", file)
    cell: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cell)
    cell.confines.get_ready()
    cell.confines.settle(b"pfgraph-nursery", int(parent))
    sys.path.append(packages)
    pyoxigraph: Any = importlib.import_module("pyoxigraph")
    kept = Kept(lambda path: cell.confines.unhurried(lambda: pyoxigraph.Store.read_only(path)))
    channel, clone = socket.socket(fileno=int(fd)), Clone()
    # What is there by now is not looked through in any cell, so that its pages stay shared.
    gc.collect()
    gc.freeze()
    asked = attend(channel, clone, kept, cell.confines.give_way)
    if asked is None:
        return
    request, (line, said, *_) = asked
    cell.confines.give_way()
    channel.send(b"%d %d" % (request["number"], os.getpid()))
    channel.close()
    os.dup2(said, sys.stderr.fileno())
    os.close(said)
    cell.live(line, int(parent), request["told"], **kept.given)
    # What ends in the usual way waits for threads of the store, which it has not got.
    os._exit(0)


if __name__ == "__main__":
    main()
