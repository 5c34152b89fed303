"""CSV text and its rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pfgraph.errors import TableError
from pfgraph.messages import Text
from pfgraph.sources import characters

_LINE_END = re.compile(r"\r\n?")
_IDLE_END = re.compile(r"[^\S\n]+$", re.MULTILINE)
_QUOTED = re.compile('[",\n]')


@dataclass(frozen=True)
class Row:
    """The cells of a row without the blanks around them, and the line it starts on."""

    line: int
    cells: tuple[str, ...]


def read(text: str, file: str) -> list[Row]:
    """Return the rows of a CSV text, the header first; a row without any value is no row.

    Raises TableError where the text is no CSV.
    """
    text = _LINE_END.sub("\n", text.removeprefix(characters.BOM))
    rows = []
    # RFC 4180; strict, so that a quote left open is an error and does not swallow the rest of the file.
    reader = csv.reader(io.StringIO(text, newline="\n"), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(line, tuple(map(_trimmed, cells))))
            line = reader.line_num + 1
    except csv.Error as error:
        raise _no_csv(text, file, line) from error
    if not rows:
        raise TableError(
            "ファイルが空です。",
            "The file is empty.",
            file=file,
            expected=Text("見出しの行と、1件につき1行", "a row of titles, then one row for each thing"),
        )
    return rows


def write(rows: Iterable[Iterable[str]]) -> str:
    """Return rows as CSV with no more quotes than needed, a line feed after each."""
    return "".join(",".join(map(_quoted, cells)) + "\n" for cells in rows)


def _trimmed(cell: str) -> str:
    return _IDLE_END.sub("", cell).strip() if "\n" in cell else cell.strip()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell


def _no_csv(text: str, file: str, line: int) -> TableError:
    found = text.split("\n")[line - 1].strip()
    return TableError(
        '引用符（"）が閉じていないか、閉じた引用符の後に文字があります。',
        'A quote (") is left open, or something follows the closing one.',
        file=file,
        line=line,
        found=found if len(found) <= 60 else found[:60] + "…",
        try_=Text(
            '値の中の引用符は二つ重ねて（""）書き、値全体を引用符で囲んでください。',
            'Write a quote inside a value twice (""), and put the whole value in quotes.',
        ),
    )
