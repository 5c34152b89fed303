"""The places in a query where a parameter's value stands: `VALUES ?name { default }`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from pfgraph.sources.lexer import Token, significant

UNDEF = "UNDEF"
_CODEPOINT_ESCAPE = re.compile(r"\\\\(?=[uU])(.)|\\.")


class Slot(NamedTuple):
    """One `VALUES ?name { row }`: its variable, how many rows there are, and where in the text they stand."""

    name: str
    rows: int
    start: int
    end: int
    opening: int


def find(text: str) -> list[Slot]:
    """Return every VALUES of one variable, in order; what looks like one in a string or comment is none."""
    words = list(significant(text))
    return [slot for position in range(len(words) - 3) if (slot := _slot(words, position))]


def fill(text: str, slots: Iterable[Slot], terms: Mapping[str, NamedNode | Literal]) -> str:
    """Return the text with terms in place of the rows of their slots.

    The places were found before, so a term that looks like a slot stays a term.
    """
    pieces, done = [], 0
    for slot in slots:
        if slot.name in terms:
            pieces += [text[done : slot.start], spell(terms[slot.name])]
            done = slot.end
    return "".join([*pieces, text[done:]])


def spell(term: NamedNode | Literal) -> str:
    """Return a term as any SPARQL parser reads it."""
    # SPARQL 1.1 §19.2: codepoint escapes may be replaced before strings are known, so no u may follow a
    # backslash that was in the value; as \U00000075 it is the same letter to every parser.
    return _CODEPOINT_ESCAPE.sub(_apart, str(term))


def _apart(match: re.Match[str]) -> str:
    return rf"\\\U{ord(match[1]):08X}" if match[1] else match[0]


def _slot(words: Sequence[Token], position: int) -> Slot | None:
    values, variable, opening = words[position : position + 3]
    if not (values.is_word("VALUES") and variable.kind == "variable" and opening.text == "{"):
        return None
    row: list[Token] = []
    for word in words[position + 3 :]:
        if word.text == "}":
            break
        row.append(word)
    start, end = (row[0].start, row[-1].end) if row else (opening.end, opening.end)
    return Slot(variable.text[1:], sum(1 for _ in _terms(row)), start, end, values.start)


def _terms(row: Sequence[Token]) -> Iterator[Token]:
    """Return the first token of each term in a row of terms."""
    before = ""
    for word in row:
        # A language tag, ^^ and what follows it, and the number after a sign belong to the term before.
        if word.kind != "language" and "^^" not in (word.text, before) and before not in ("+", "-"):
            yield word
        before = word.text
