"""Triples as CSV that a spreadsheet program opens without running anything, and that reads back as the same graph."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

COLUMNS = ("subject", "predicate", "object", "language", "datatype")
# What a spreadsheet program takes for a formula. The quote in front says “text” to it; a text that begins with
# a quote gets one more, so that taking away the first one always gives back what was written.
_ACTIVE = re.compile(r"[=+\-@＝＋－＠\t\r\n']")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?")


def written(triples: Iterable[Triple]) -> bytes:
    """Return triples as CSV (RFC 4180), one row for each, the object with its language or datatype."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([guarded(value) for value in _row(triple)] for triple in triples)
    return text.getvalue().encode()


def read(text: str) -> Iterator[Triple]:
    """Return the triples of which such a CSV was written."""
    for subject, predicate, value, language, datatype in list(csv.reader(StringIO(text)))[1:]:
        yield Triple(_node(subject), NamedNode(plain(predicate)), _value(value, language, datatype))


def guarded(value: str) -> str:
    """Return a value as a cell that is no formula."""
    return f"'{value}" if _ACTIVE.match(value) and not _NUMBER.fullmatch(value) else value


def plain(value: str) -> str:
    """Return the value that was guarded."""
    return value.removeprefix("'")


class Guard:
    """A CSV in pieces on its way to a spreadsheet program, every cell of which is guarded."""

    def __init__(self) -> None:
        self._held = b""

    def add(self, piece: bytes) -> bytes:
        """Return the records that are complete after one more piece."""
        held = self._held + piece
        complete = place = 0
        quotes = 0
        while (end := held.find(b"\n", place)) >= 0:
            quotes += held.count(b'"', place, end)
            place = end + 1
            # A line break between quotes belongs to a cell.
            if quotes % 2 == 0:
                complete = place
        self._held = held[complete:]
        return _guarded(held[:complete])

    def end(self) -> bytes:
        """Return what is left."""
        return _guarded(self._held)


def _guarded(records: bytes) -> bytes:
    text = StringIO()
    found = csv.reader(StringIO(records.decode(), newline=""))
    csv.writer(text).writerows([guarded(value) for value in row] for row in found)
    return text.getvalue().encode()


def _row(triple: Triple) -> tuple[str, str, str, str, str]:
    said = triple.object
    language = datatype = ""
    if isinstance(said, Literal):
        language = said.language or ""
        datatype = "" if language else said.datatype.value
    text = said.value if isinstance(said, Literal) else _named(said)
    return _named(triple.subject), triple.predicate.value, text, language, datatype


def _named(term: NamedNode | BlankNode | Literal | Triple) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _node(text: str) -> NamedNode | BlankNode:
    text = plain(text)
    return BlankNode(text[2:]) if text.startswith("_:") else NamedNode(text)


def _value(text: str, language: str, datatype: str) -> NamedNode | BlankNode | Literal:
    if language:
        return Literal(plain(text), language=language)
    return Literal(plain(text), datatype=NamedNode(datatype)) if datatype else _node(text)
