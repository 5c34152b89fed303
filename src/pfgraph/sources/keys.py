"""What makes a row the one it is, and what it refers to in other tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

from pfgraph.errors import MissingRow, SourceError, TableError
from pfgraph.messages import Text
from pfgraph.sources import characters, corrections, csvw, headings, sheets, values
from pfgraph.sources.csvw import ForeignKey, Table
from pfgraph.sources.values import Record

Key = tuple[str, ...]

# Looking for near names in a long register takes its time, and many errors have one cause.
MAX_NEAR = 20


def repeated(table: Table, records: Sequence[Record], file: str) -> Iterator[TableError]:
    """Return an error for every record whose primary key an earlier one has."""
    lines: dict[Key, int] = {}
    title = _title(table, table.primary_key)
    for record in records:
        for key in _keys(record, table.primary_key):
            first = lines.setdefault(key, record.line)
            if first != record.line:
                yield TableError(
                    f"{first} 行目と同じキーです。",
                    f"Line {first} has the same key.",
                    file=file,
                    line=record.line,
                    column=title,
                    found=" ".join(key),
                    try_=Text(
                        "どちらかの行を消すか、キーを直してください。",
                        "Delete one of the rows, or correct its key.",
                    ),
                )


def dangling(
    table: Table, records: Sequence[Record], path: Path, file: str, prefixes: Mapping[str, str]
) -> Iterator[TableError]:
    """Return an error for every value that is to be found in another table and is not.

    Another table that cannot be read has errors of its own, and nothing is said of what it may hold.
    """
    for foreign_key in table.foreign_keys:
        known = _referenced(foreign_key, path, file, prefixes)
        if isinstance(known, TableError):
            yield known
        elif known is not None:
            yield from _unknown(table, foreign_key, records, known, file)


def _keys(record: Record, names: Sequence[str]) -> Iterator[Key]:
    """Return what a record has in columns: one key, more where they hold lists, none where one is empty."""
    return product(*(record.values[name] for name in names)) if names else iter(())


def _title(table: Table, names: Sequence[str]) -> Text:
    titles = [column.titles for column in table.columns if column.name in names]
    return Text("・".join(title.ja for title in titles), ", ".join(title.en for title in titles))


def _unknown(
    table: Table, foreign_key: ForeignKey, records: Sequence[Record], known: Collection[Key], file: str
) -> Iterator[TableError]:
    title, resource = _title(table, foreign_key.columns), foreign_key.resource
    texts = {" ".join(key): key for key in known}
    used = ((record, key) for record in records for key in _keys(record, foreign_key.columns))
    unknown = ((record.line, " ".join(key)) for record, key in used if key not in known)
    for position, (line, text) in enumerate(unknown):
        meant = corrections.meant(text, texts.get)
        near = corrections.near(text, texts) if meant is None and position < MAX_NEAR else []
        yield MissingRow(
            f"{resource} にない値です。",
            f"{resource} has no such value.",
            table=f"{file.rpartition('/')[0]}/{resource}".removeprefix("/"),
            file=file,
            line=line,
            column=title,
            found=repr(text),
            try_=_advice([meant] if meant else near, resource),
        )


def _advice(names: Sequence[str], resource: str) -> Text:
    asked = corrections.question(names)
    ja = f"新しいものなら、先に {resource} に行を加えてください。"
    en = f"If it is new, add its row to {resource} first."
    return Text(f"{asked.ja} {ja}", f"{asked.en} {en}") if asked else Text(ja, en)


def _referenced(
    foreign_key: ForeignKey, path: Path, file: str, prefixes: Mapping[str, str]
) -> frozenset[Key] | TableError | None:
    """Return the keys another table has, None if they cannot be told."""
    other = path.with_name(foreign_key.resource)
    other_file = file.removesuffix(path.name) + other.name
    table, errors = csvw.read(other, other_file, prefixes)
    if errors:
        return None
    columns = [column for column in table.written if column.name in foreign_key.references]
    if len(columns) != len(foreign_key.references):
        return _no_column(foreign_key, table, file + csvw.SUFFIX)
    try:
        header, *rows = sheets.read(characters.decode(other, other_file), other_file)
    except SourceError:
        return None
    places, _ = headings.places(header, table.written, other_file)
    if places is None:
        return None
    at = dict(zip((column.name for column in table.written), places, strict=True))
    whole = (row for row in rows if len(row.cells) == len(places))
    records = values.records(whole, [at[column.name] for column in columns], columns)
    return frozenset(key for record in records for key in _keys(record, foreign_key.references))


def _no_column(foreign_key: ForeignKey, table: Table, file: str) -> TableError:
    names = [column.name for column in table.written]
    unknown = [name for name in foreign_key.references if name not in names]
    return TableError(
        f"{foreign_key.resource} にこの名前の列がありません。",
        f"{foreign_key.resource} has no column of this name.",
        file=file,
        column="foreignKeys",
        found=", ".join(unknown),
        expected=", ".join(names),
        try_=corrections.question(corrections.near(unknown[0], names)),
    )
