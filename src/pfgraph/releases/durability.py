"""What makes a change to the disk last, and what is said when it cannot be made."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pfgraph.errors import ReleaseError
from pfgraph.messages import Text

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_DENIED = {errno.EROFS, errno.EACCES, errno.EPERM}


def sync(path: Path | str) -> None:
    """Have the system write a file's content, or a directory's entries, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(root: Path) -> None:
    """Have the system write everything under a directory to the disk, and the directory itself.

    A file that has another name is a link to one of an earlier release, which was written when that was made.
    """
    for folder, _, files in os.walk(root):
        for file in files:
            path = os.path.join(folder, file)  # noqa: PTH118  (some hundred of them: paths would take longer)
            if os.lstat(path).st_nlink == 1:
                sync(path)
        sync(folder)


def replace(path: Path, content: bytes) -> None:
    """Give a file new content in one step that lasts: a crash leaves the old content or the new."""
    written = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with written.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)
    sync(path.parent)


@contextmanager
def explained(home: Path) -> Iterator[None]:
    """Turn what the system refuses (a full disk, a directory that cannot be written) into a ReleaseError."""
    try:
        yield
    except OSError as error:
        raise _refused(home, error) from error


def _refused(home: Path, error: OSError) -> ReleaseError:
    """Return an error that says why the disk refused, and that the current release stays as it was."""
    found = error.strerror or str(error)
    # RocksDB gives no error number, only words.
    if error.errno in _FULL or os.strerror(errno.ENOSPC) in found:
        reason = Text("ディスクの空きが足りません。", "The disk is full.")
        try_ = Text("空きを作ってからもう一度どうぞ。", "Free some space and try again.")
    elif error.errno in _DENIED:
        reason = Text("版を置く場所に書き込めません。", "The place for releases cannot be written to.")
        try_ = Text(
            "PFGRAPH_HOME に書き込める場所を指定してください。",
            "Set PFGRAPH_HOME to a place you may write to.",
        )
    else:
        reason = Text("版を置く場所を使えません。", "The place for releases cannot be used.")
        try_ = Text("PFGRAPH_HOME を確かめてください。", "Check PFGRAPH_HOME.")
    return ReleaseError(
        f"{reason.ja}現行版は変わっていません。",
        f"{reason.en} The current release is as it was.",
        where=str(error.filename or home),
        found=found,
        try_=try_,
    )
