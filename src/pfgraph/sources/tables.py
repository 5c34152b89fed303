"""Tables: CSV read as RDF by its CSVW metadata, and its one canonical form.

The metadata of `x.csv` stand beside it in `x.csv-metadata.json`. What they mean is what CSVW says (Tabular
metadata, and the minimal mode of CSV2RDF), but for two things. A `valueUrl` in a column with a `separator`
gives one IRI for each item: CSVW would give one for all of them, joined by commas, which names nothing. And
blanks around a cell or an item are no part of it, as with the dialect `{"trim": true}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.errors import SourceError, TableError
from pfgraph.messages import Text
from pfgraph.sources import characters, csvw, headings, keys, sheets, values
from pfgraph.sources.columns import Column
from pfgraph.sources.csvw import Table
from pfgraph.sources.origins import Origin, Reading
from pfgraph.sources.sheets import Row
from pfgraph.sources.templates import Value
from pfgraph.sources.values import Record

Said = tuple[Triple, Origin]


def read(path: Path, file: str, prefixes: Mapping[str, str]) -> Reading:
    """Return what a table says, each triple with its row and column, and all that is wrong with it."""
    table, errors = csvw.read(path, file, prefixes)
    text = ""
    try:
        text = characters.decode(path, file)
        header, *rows = sheets.read(text, file)
    except SourceError as error:
        return Reading(file, text, errors=(*errors, error))
    if errors:
        return Reading(file, text, errors=tuple(errors))
    errors += _byte_order_mark(text, file)
    places, misplaced = headings.places(header, table.written, file)
    errors += misplaced
    if places is None:
        return Reading(file, text, errors=tuple(errors))
    whole = [row for row in rows if len(row.cells) == len(places)]
    errors += [_ragged(row, header, file) for row in rows if len(row.cells) != len(places)]
    records = list(values.records(whole, places, table.columns))
    statements, faults = _statements(table, records, file)
    errors += [*_refused(table, records, file), *keys.repeated(table, records, file), *faults]
    errors += keys.dangling(table, records, path, file, prefixes)
    canonical = _canonical(table, whole, places) if len(whole) == len(rows) else None
    errors.sort(key=lambda error: error.line or 0)
    return Reading(file, text, tuple(statements), tuple(errors), canonical)


def _statements(table: Table, records: Iterable[Record], file: str) -> tuple[list[Said], list[TableError]]:
    """Return what the records say, each triple once, and an error for every IRI that cannot be made."""
    said: dict[Triple, Origin] = {}
    errors: dict[str, TableError] = {}
    for record in records:
        scope = _scope(table, record)
        for column in table.columns:
            origin = Origin(file, record.line, None if column.virtual else column.titles)
            try:
                for triple in _triples(column, record, scope):
                    said.setdefault(triple, origin)
            except KeyError as missing:
                name = str(missing.args[0])
                # A cell that is refused for what it holds is told of already.
                if name not in record.faults:
                    error = _incomplete(table, name, origin)
                    errors.setdefault(str(error), error)
            except ValueError as wrong:
                error = _no_iri(column, str(wrong), origin)
                errors.setdefault(str(error), error)
    return list(said.items()), list(errors.values())


def _scope(table: Table, record: Record) -> dict[str, Value]:
    """Return the variables of a record's templates: a list for a separator, nothing for an empty cell."""
    filled = ((column, record.values[column.name]) for column in table.columns)
    return {column.name: found if column.separator else found[0] for column, found in filled if found}


def _triples(column: Column, record: Record, scope: Mapping[str, Value]) -> Iterator[Triple]:
    """Return what one cell says; KeyError for an empty variable of a template, ValueError for a bad IRI."""
    if column.suppress_output or column.about_url is None or column.property_url is None:
        return
    objects = _objects(column, record.values[column.name], scope)
    if objects:
        subject = column.about_url.expand(scope)
        yield from (Triple(subject, column.property_url, term) for term in objects)


def _objects(
    column: Column, items: Sequence[str], scope: Mapping[str, Value]
) -> Sequence[NamedNode] | Sequence[Literal]:
    template = column.value_url
    if template is not None and column.virtual:
        return [template.expand(scope)]
    # CSV2RDF §4.6: a cell without a value says nothing.
    if template is not None:
        return [template.expand({**scope, column.name: item}) for item in items]
    if column.lang is not None and column.datatype.takes_language:
        return [Literal(item, language=column.lang) for item in items]
    return [Literal(item, datatype=column.datatype.iri) for item in items]


def _canonical(table: Table, rows: Iterable[Row], places: Sequence[int]) -> str:
    """Return the table sorted by its key as text, its columns in order, idle blanks and quotes gone."""
    standing = list(zip(table.written, places, strict=True))
    cells = [[_cell(column, row.cells[place]) for column, place in standing] for row in rows]
    names = [column.name for column in table.written]
    key = [names.index(name) for name in table.primary_key]
    cells.sort(key=lambda row: [row[position] for position in key])
    return sheets.write([[column.titles.ja for column in table.written], *cells])


def _cell(column: Column, text: str) -> str:
    return column.separator.join(column.split(text)) if column.separator else text


def _refused(table: Table, records: Sequence[Record], file: str) -> Iterator[TableError]:
    """Return an error for everything that is wrong with a cell."""
    for column in table.written:
        example = next((value for record in records for value in record.values[column.name]), None)
        for record in records:
            for fault in record.faults.get(column.name, ()):
                yield TableError(
                    *fault.text,
                    file=file,
                    line=record.line,
                    column=column.titles,
                    found=fault.found,
                    expected=_expected(column, fault.expected, example),
                    try_=fault.try_,
                )


def _expected(column: Column, expected: Text | None, example: str | None) -> Text | None:
    """Return what is expected; a column's form is told with a value that stands rightly in another row."""
    if expected != column.expected or example is None or column.datatype.choices:
        return expected
    ja, en = column.expected
    return Text(f"「{example}」のような値（{ja}）", f"a value such as “{example}” ({en})")


def _byte_order_mark(text: str, file: str) -> list[TableError]:
    if not text.startswith(characters.BOM):
        return []
    error = TableError(
        "ファイルの先頭に BOM があります。",
        "The file starts with a byte order mark.",
        file=file,
        line=1,
        try_=Text("`pfgraph check --fix` で取り除けます。", "`pfgraph check --fix` removes it."),
    )
    return [error]


def _ragged(row: Row, header: Row, file: str) -> TableError:
    found, expected = len(row.cells), len(header.cells)
    ja, en = "行の途中が欠けていないか、確かめてください。", "See whether a part of the row is missing."
    if found > expected:
        ja = '値の中にカンマがあるなら、その値を引用符（"）で囲んでください。'
        en = 'If a value holds a comma, put that value in quotes (").'
    return TableError(
        "欄の数が見出しと違います。",
        "The row has not as many cells as there are titles.",
        file=file,
        line=row.line,
        found=str(found),
        expected=str(expected),
        try_=Text(ja, en),
    )


def _incomplete(table: Table, name: str, origin: Origin) -> TableError:
    column = table.column(name)
    return TableError(
        "IRI を作るのに要る欄が空です。",
        "A cell that an IRI is made from is empty.",
        file=origin.file,
        line=origin.line,
        column=column.titles if column else name,
        expected=column.datatype.expected if column else None,
    )


def _no_iri(column: Column, found: str, origin: Origin) -> TableError:
    return TableError(
        "この値からは正しい IRI ができません。",
        "This value makes no valid IRI.",
        file=origin.file,
        line=origin.line,
        column=column.titles,
        found=found,
        try_=Text("空白や記号が混じっていないか、確かめてください。", "Look for blanks and signs in it."),
    )
