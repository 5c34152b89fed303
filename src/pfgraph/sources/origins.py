"""Where each triple was read, and what reading one source file gives."""

from __future__ import annotations

from dataclasses import dataclass

from pyoxigraph import Triple

from pfgraph.errors import SourceError
from pfgraph.messages import Text


@dataclass(frozen=True)
class Origin:
    """A place in a source file: its relative path, line (row of a table) from 1, title of the column."""

    file: str
    line: int | None = None
    column: Text | None = None

    def to_text(self, lang: str) -> str:
        """Return `file:line (column)` in one language."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        if self.column is None:
            return place
        return f"{place}（{self.column.ja}）" if lang == "ja" else f"{place} ({self.column.en})"


@dataclass(frozen=True)
class Reading:
    """What one file says and what is wrong with it; `canonical` is what its text should be, if that is known."""

    file: str
    text: str
    statements: tuple[tuple[Triple, Origin], ...] = ()
    errors: tuple[SourceError, ...] = ()
    canonical: str | None = None
