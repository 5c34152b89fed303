"""Which column of a file is which: its first row against the titles in the metadata."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pfgraph.errors import TableError
from pfgraph.messages import Text
from pfgraph.sources.columns import Column
from pfgraph.sources.corrections import near
from pfgraph.sources.sheets import Row

_OTHER_SEPARATORS = re.compile("[\t;，、]")


def places(row: Row, columns: Sequence[Column], file: str) -> tuple[tuple[int, ...] | None, list[TableError]]:
    """Return where each column stands in the file, None if that cannot be told, and what is wrong.

    A title may be the Japanese or the English one.
    """
    titles = [_title(cell, columns) for cell in row.cells]
    expected = [column.titles.ja for column in columns]
    missing = [column for column in columns if column.titles.ja not in titles]
    strange = [place for place, title in enumerate(titles) if title not in expected or titles.index(title) < place]
    if len(titles) == 1 < len(expected) and _OTHER_SEPARATORS.search(titles[0]):
        return None, [_not_by_commas(row, file)]
    if missing or strange:
        return None, list(_disagreements(row, columns, missing, strange, file))
    errors = [] if titles == expected else [_reordered(row, expected, file)]
    return tuple(map(titles.index, expected)), errors


def _title(cell: str, columns: Sequence[Column]) -> str:
    """Return the Japanese title for either title of a column, and any other cell as it is."""
    return next((column.titles.ja for column in columns if cell in column.titles), cell)


def _disagreements(
    row: Row, columns: Sequence[Column], missing: list[Column], strange: Sequence[int], file: str
) -> Iterator[TableError]:
    """Return an error for every cell that is no title, and for every column without one."""
    for place in strange:
        renamed = _renamed(row.cells[place], place, columns, missing)
        if renamed is None:
            yield _surplus(row, place, file)
        else:
            missing.remove(renamed)
            yield _misnamed(row, place, renamed, file)
    for column in missing:
        yield TableError(
            "列がありません。",
            "A column is missing.",
            file=file,
            line=row.line,
            expected=_titles(column),
            try_=_where(column, columns),
        )


def _renamed(cell: str, place: int, columns: Sequence[Column], missing: Sequence[Column]) -> Column | None:
    """Return the missing column that a strange title is: one with a like name, else the one due there."""
    titles = {title: column for column in missing for title in column.titles}
    alike = near(cell, titles)
    if alike:
        return titles[alike[0]]
    due = columns[place] if place < len(columns) else None
    return due if due in missing and cell else None


def _misnamed(row: Row, place: int, column: Column, file: str) -> TableError:
    return TableError(
        f"{place + 1} 列目の見出しが違います。",
        f"The title of column {place + 1} is wrong.",
        file=file,
        line=row.line,
        found=repr(row.cells[place]),
        expected=_titles(column),
    )


def _surplus(row: Row, place: int, file: str) -> TableError:
    cell = row.cells[place]
    twice = cell and cell in row.cells[:place]
    ja, en = "メタデータにない列です。", "The metadata describe no such column."
    if twice or not cell:
        ja = "同じ見出しの列が二つあります。" if twice else "見出しのない列があります。"
        en = "Two columns have this title." if twice else "A column has no title."
    return TableError(
        f"{place + 1} 列目: {ja}",
        f"Column {place + 1}: {en}",
        file=file,
        line=row.line,
        found=repr(cell),
        try_=Text(
            "要らない列なら削除し、要る列ならメタデータに加えてください。",
            "Delete the column, or describe it in the metadata.",
        ),
    )


def _where(column: Column, columns: Sequence[Column]) -> Text:
    place = list(columns).index(column)
    if place == 0:
        return Text("最初の列に加えてください。", "Add it as the first column.")
    before = _titles(columns[place - 1])
    return Text(f"「{before.ja}」の次に加えてください。", f"Add it after {before.en}.")


def _titles(column: Column) -> Text:
    """Return the title a file should have, and for an English reader what it means."""
    return Text(column.titles.ja, f"{column.titles.ja} ({column.titles.en})")


def _reordered(row: Row, expected: Sequence[str], file: str) -> TableError:
    return TableError(
        "列の順序が違います。",
        "The columns are in another order.",
        file=file,
        line=row.line,
        found=",".join(row.cells),
        expected=",".join(expected),
        try_=Text("`pfgraph check --fix` で直せます。", "`pfgraph check --fix` mends it."),
    )


def _not_by_commas(row: Row, file: str) -> TableError:
    return TableError(
        "列がカンマで区切られていません。",
        "The columns are not separated by commas.",
        file=file,
        line=row.line,
        found=repr(row.cells[0]),
        try_=Text(
            "表計算ソフトでは「CSV UTF-8（コンマ区切り）」を選んで保存してください。",
            "In a spreadsheet, save as “CSV UTF-8 (Comma delimited)”.",
        ),
    )
