"""What goes wrong on the way from the files to a release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, Required, Unpack

from pfgraph.errors.root import PfgraphError
from pfgraph.messages import Parts, Text, both


class Told(Parts, total=False):
    """What an error about a source file may be told with."""

    file: Required[str]
    line: int | None
    column: Text | str | int | None


class SourceError(PfgraphError):
    """A source file that cannot be read as what it should be, with file, line and column."""

    def __init__(
        self,
        ja: str,
        en: str,
        *,
        file: str,
        line: int | None = None,
        column: Text | str | int | None = None,
        **parts: Unpack[Parts],
    ) -> None:
        self.file, self.line, self.column = file, line, column
        place = file if line is None else f"{file}:{line}"
        if isinstance(column, int):
            place += f":{column}"
        title = None if isinstance(column, int) else both(column)
        parts["where"] = Text(f"{place}（{title.ja}）", f"{place} ({title.en})") if title else place
        super().__init__(ja, en, **parts)


class TableError(SourceError):
    """A table, its metadata or one of its cells is wrong."""


class MissingRow(TableError):
    """A cell refers to a row of another table that is not there; `table` is that table's file."""

    def __init__(self, ja: str, en: str, *, table: str, **told: Unpack[Told]) -> None:
        self.table = table
        super().__init__(ja, en, **told)


class TurtleError(SourceError):
    """A Turtle file does not parse, or cannot be written in the canonical form."""


class QueryHeaderError(SourceError):
    """A query file's header or slots are wrong."""


class FormError(SourceError):
    """A file says what it should, but not in its canonical bytes."""


class CatalogError(SourceError):
    """The catalogue and the data files disagree."""


class LinkError(SourceError):
    """An IRI of ours is used but never described."""


class VocabularyError(SourceError):
    """A term is used that no vocabulary has."""


class SourcesRefused(PfgraphError):
    """All the source errors that were found, so that an officer mends a table in one go."""

    def __init__(self, errors: Iterable[SourceError]) -> None:
        self.errors: tuple[SourceError, ...] = tuple(errors)
        count = len(self.errors)
        super().__init__(f"誤りが {count} 件あります。", f"{count} error{'s' if count != 1 else ''}.")

    def __str__(self) -> str:
        """Every error in both languages, then how many."""
        return "\n".join([*(str(error) for error in self.errors), self.ja, self.en])


class Validation(Protocol):
    """What a SHACL report is to an error: something that can be read out."""

    def to_text(self, lang: str) -> str:
        """Return the report in one language."""
        ...


class ShapesError(PfgraphError):
    """Shapes or rules that cannot be used themselves."""


class EngineUnavailable(PfgraphError):
    """No SHACL engine has this name, or it is not installed."""


class ShapesViolated(PfgraphError):
    """The data do not conform to the shapes; `report` says where."""

    def __init__(self, report: Validation) -> None:
        self.report = report
        super().__init__("データが形状（SHACL）に適合しません。", "The data do not conform to the shapes.")

    def __str__(self) -> str:
        """The sentence and the report, first in Japanese, then in English."""
        return "\n".join([self.ja, self.report.to_text("ja"), self.en, self.report.to_text("en")])


class ReleaseError(PfgraphError):
    """A release cannot be made, opened or trusted."""


class UnknownRelease(ReleaseError):
    """No release has this id."""

    def __init__(self, release_id: str) -> None:
        try_ = Text("一覧は `pfgraph releases` で見られます。", "`pfgraph releases` lists them.")
        super().__init__("その版はありません。", "There is no such release.", found=release_id, try_=try_)
