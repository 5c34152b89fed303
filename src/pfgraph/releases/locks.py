"""Locks between processes: they end with the process that holds them, however it ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pfgraph.errors import ReleaseError
from pfgraph.messages import Text

POLL_S = 0.05


@contextmanager
def writing(path: Path, wait_s: float) -> Iterator[None]:
    """Hold the writer's lock; a second writer waits a while and is then refused."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        deadline = time.monotonic() + wait_s
        while not _lock(descriptor, fcntl.LOCK_EX):
            if time.monotonic() >= deadline:
                raise _busy(path)
            time.sleep(POLL_S)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a lock on a directory; whoever else wants it waits."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class Lease:
    """A promise that a release is not removed while it is read: a shared lock on a file in its directory."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def take(cls, path: Path) -> Lease | None:
        """Return a lease on a file, or None where it is gone or is being removed."""
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        if _lock(descriptor, fcntl.LOCK_SH) and _is_still(path, descriptor):
            return cls(path, descriptor)
        os.close(descriptor)
        return None

    def fileno(self) -> int:
        """Return the descriptor, for a process to inherit: then the lease ends when both have closed it."""
        if self._descriptor is None:
            raise ValueError(self.path)
        return self._descriptor

    def close(self) -> None:
        """Give the lease back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Lease:
        """Return the lease itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lease back."""
        self.close()


@contextmanager
def unread(path: Path) -> Iterator[bool]:
    """Say whether nobody holds a lease on a file, and keep it so meanwhile."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield _lock(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def is_leased(path: Path) -> bool:
    """Whether somebody holds a lease on a file."""
    with unread(path) as is_free:
        return not is_free


def _lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the locked file still has its name, that is, the release was not removed before the lock."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _busy(path: Path) -> ReleaseError:
    return ReleaseError(
        "別のプロセスが版を作っています。",
        "Another process is making a release.",
        where=str(path),
        try_=Text("終わってからもう一度どうぞ。", "Try again when it has finished."),
    )
