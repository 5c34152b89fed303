"""How many rows an answer has, counted in its bytes as they pass."""

from __future__ import annotations

import re

# In each syntax, what there is once for each row and never inside of a term. In JSON the quote behind the braces
# begins a name, for one that ended a value would be followed by a brace or a comma; rows that bind nothing are missed.
_ROW = {
    "application/sparql-results+json": re.compile(rb'(?:"bindings":\[|\}\},)\{"(?![,}])'),
    "application/sparql-results+xml": re.compile(rb"<result>"),
    "text/tab-separated-values": re.compile(rb"\n"),
    "application/n-triples": re.compile(rb"\n"),
    "application/n-quads": re.compile(rb"\n"),
}
# Longer than any of these less one, so that a row on a border between two pieces is found in the second one.
_OVERLAP = 20


class Rows:
    """The rows of one answer in a media type; there is no count where the syntax does not allow one, nor for ASK."""

    def __init__(self, media_type: str, form: str) -> None:
        self._row = None if form == "ASK" else _ROW.get(media_type)
        self._head = 1 if media_type == "text/tab-separated-values" else 0
        self._found = 0
        self._tail = b""

    def add(self, piece: bytes) -> None:
        """Count the rows that end in one more piece."""
        if self._row is None:
            return
        data = self._tail + piece
        end = 0
        for match in self._row.finditer(data):
            # What a lookahead cannot see yet is left for the next piece.
            if match.end() == len(data) and len(match[0]) > 1:
                break
            self._found += 1
            end = match.end()
        self._tail = data[max(end, len(data) - _OVERLAP) :]

    @property
    def count(self) -> int | None:
        """How many there were."""
        return None if self._row is None else max(0, self._found - self._head)
