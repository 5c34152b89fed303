"""The values in the cells of a row, and why a cell is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pfgraph.messages import Message, Text
from pfgraph.sources import characters, corrections
from pfgraph.sources.columns import Column
from pfgraph.sources.sheets import Row

_OTHER_SEPARATORS = re.compile(r"\s*[、，；;,]\s*")


@dataclass(frozen=True)
class Record:
    """A row as the values of its columns, none for an empty cell, and what is wrong with its cells."""

    line: int
    values: Mapping[str, tuple[str, ...]]
    faults: Mapping[str, tuple[Message, ...]]


def records(rows: Iterable[Row], places: Sequence[int], columns: Sequence[Column]) -> Iterator[Record]:
    """Return rows as records; `places` are where the columns stand, virtual ones stand nowhere."""
    written = [column for column in columns if not column.virtual]
    virtual = {column.name: read(column, "")[0] for column in columns if column.virtual}
    for row in rows:
        values, faults = dict(virtual), {}
        for column, place in zip(written, places, strict=True):
            values[column.name], wrong = read(column, row.cells[place])
            if wrong:
                faults[column.name] = wrong
        yield Record(row.line, values, faults)


def read(column: Column, cell: str) -> tuple[tuple[str, ...], tuple[Message, ...]]:
    """Return the values in a cell, in their lexical form, and why others in it are refused."""
    fault = characters.fault(cell)
    if fault is not None:
        return (), (Message(fault[0], found=_quoted(cell), expected=_quoted(fault[1])),)
    # Tabular data model §6.4: default, separator, null, required, datatype, in this order.
    texts = [text for text in column.split(cell or column.default) if text not in column.null]
    if not texts:
        return (), (_missing(column),) if column.required else ()
    values: list[str] = []
    faults: list[Message] = []
    for text in texts:
        value = column.datatype.read(text)
        if value is not None:
            values.append(value)
        else:
            faults += _no_value(column, text)
    return tuple(values), tuple(faults)


def _missing(column: Column) -> Message:
    return Message(Text("必須の欄が空です。", "A required cell is empty."), expected=column.expected)


def _no_value(column: Column, text: str) -> Iterator[Message]:
    """Return why a text is no value of its column, what is, and what was probably meant."""
    items = _OTHER_SEPARATORS.split(text) if column.separator else []
    if len(items) > 1 and any(map(column.datatype.read, items)):
        yield Message(
            Text("値を区切る記号が違います。", "The values are separated by another sign."),
            found=_quoted(text),
            expected=_quoted((column.separator or "").join(items)),
        )
        yield from (_wrong(column, item) for item in items if column.datatype.read(item) is None)
    else:
        yield _wrong(column, text)


def _wrong(column: Column, text: str) -> Message:
    suggestion = corrections.meant(text, column.datatype.read)
    if suggestion is None:
        suggestion = next(iter(corrections.near(text, column.datatype.choices)), None)
    return Message(
        corrections.reason(text, suggestion),
        found=_quoted(text),
        expected=column.expected,
        try_=corrections.advice(text, suggestion),
    )


def _quoted(text: str) -> Text:
    return Text(repr(text), repr(text))
