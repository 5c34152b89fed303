"""Lines of log, written several at a time: to write each by itself takes longer than to answer some requests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys

# A process that is killed loses the lines of so long a time.
SOON_S = 0.05


class Gathered(logging.Handler):
    """Writes what is logged within a moment to standard error in one go; outside of an event loop, at once."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        self._is_due = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line, and have it written soon."""
        self._lines.append(record.getMessage())
        if self._is_due:
            return
        try:
            asyncio.get_running_loop().call_later(SOON_S, self.flush)
            self._is_due = True
        except RuntimeError:
            self.flush()

    def flush(self) -> None:
        """Write what there is; where nobody reads it, it is lost, and nothing else."""
        self.acquire()
        lines, self._lines, self._is_due = self._lines, [], False
        self.release()
        if lines:
            with contextlib.suppress(OSError):
                sys.stderr.write("\n".join(lines) + "\n")
                sys.stderr.flush()
