"""What is wrong with a text that is not SPARQL, as well as can be told: where, what, and what was meant."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise

from pfgraph.errors import MalformedQuery
from pfgraph.messages import Text
from pfgraph.namespaces import prefixes
from pfgraph.query import mistakes, stops
from pfgraph.query.grammar import grammar
from pfgraph.query.mistakes import Mistake
from pfgraph.sources.lexer import Token, place, significant

_WIDTH = 120
# What the engine's parser says in words, and how we say it.
_SAID = {
    "contains a variable that is unbound": Text(
        "SELECT に、GROUP BY にも集約にもない変数があります。",
        "SELECT has a variable that is neither grouped by nor aggregated.",
    ),
    "overrides an existing variable": Text(
        "SELECT の AS が、すでに値のある変数を使っています。",
        "AS in SELECT names a variable that has a value already.",
    ),
    "<unreported>": Text(
        "同じ空白ノード _:… が別々の { } の中に現れています。",
        "The same blank node _:… stands in different groups.",
    ),
    "IRI parsing failed": Text("IRI として正しくありません。", "This is not a valid IRI."),
    "language tag parsing failed": Text("言語タグが正しくありません。", "This language tag is not valid."),
}
_PARSER = re.compile(r"error at (\d+):(\d+): expected (?:one of )?(.*)", re.DOTALL)


def explain(text: str, parser: str = "") -> MalformedQuery:
    """Return the error for a text that is no query; `parser` is what the engine said of it, if it was asked."""
    words = list(significant(text))
    stop = None if _is_newer(words) else grammar().stop(words)
    # A broken string is wrong somewhere behind its quote.
    here = stop is not None and stop.token is not None and stop.token.kind != "quote"
    end = stop.token.end if stop and stop.token and here else len(text)
    # Each of these goes from the beginning to the end.
    finders = (
        mistakes.broken_string(words, text),
        mistakes.strange_characters(words),
        mistakes.undeclared_prefixes(words, prefixes()),
    )
    found = _first(mistake for finder in finders for mistake in islice(finder, 1))
    if found is not None and found.offset < end:
        return error(text, found)
    if stop is not None:
        return error(text, *stops.named(words, stop, text))
    return error(text, _by_meaning(words, text, parser))


def unsupported(text: str, iri: str) -> MalformedQuery:
    """Return the error for a function that the engine does not have."""
    local = re.split("[/#]", iri)[-1]
    called = (
        word.start
        for word in significant(text)
        if word.text == f"<{iri}>" or (word.kind == "name" and word.text.partition(":")[2] == local)
    )
    return error(text, Mistake(next(called, 0), Text("この関数はありません。", "There is no such function."), iri))


def error(text: str, mistake: Mistake, expected: Text | None = None) -> MalformedQuery:
    """Return a mistake in a text as an error that shows the line."""
    line, column = place(text, mistake.offset)
    ja, en = mistake.text
    found = MalformedQuery(ja, en, line, column, mistake.try_, found=mistake.found, expected=expected)
    found.excerpt = excerpt(text, line, column)
    return found


def excerpt(text: str, line: int, column: int) -> str:
    """Return a line of a text with a caret under a column."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = lines[line - 1].replace("\t", " ")
    start = max(0, column - 1 - _WIDTH // 2)
    before = shown[start : column - 1]
    # A caret stands under a full-width character only after full-width blanks.
    blanks = "".join("\u3000" if unicodedata.east_asian_width(char) in "FW" else " " for char in before)
    return f"{shown[start : start + _WIDTH]}\n{blanks}^"


def _first(found: Iterable[Mistake]) -> Mistake | None:
    """Return what is wrong nearest to the beginning."""
    return min(found, key=lambda mistake: mistake.offset, default=None)


def _is_newer(words: Sequence[Token]) -> bool:
    """Whether a query uses what only SPARQL 1.2 has, and our grammar does not: triple terms and reifiers."""
    pairs = (word.text + after.text for word, after in pairwise(words) if word.end == after.start)
    return any(word.is_mark("~") for word in words) or any(pair in {"<<", "{|", "|}"} for pair in pairs)


def _by_meaning(words: Sequence[Token], text: str, parser: str) -> Mistake:
    """Return what is wrong with a query whose words stand in order: only the engine can tell."""
    relative = _first(mistakes.relative_iris(words)) or _first(mistakes.uneven_values(words))
    if relative is not None:
        return relative
    unread = Text("SPARQL のクエリとして読めません。", "This cannot be read as a SPARQL query.")
    said = _PARSER.match(parser)
    if said is None:
        return Mistake(0, unread)
    offset, expected = _offset(text, int(said[1]), int(said[2])), said[3]
    for phrase, ours in _SAID.items():
        if phrase in expected:
            return Mistake(_start(words, offset), ours)
    return _first(mistakes.assigned_twice(words)) or Mistake(_start(words, offset - _tried(expected)), unread)


def _tried(expected: str) -> int:
    """Return how far past the fault the parser's place may be: it counts the keywords it tried to read."""
    keywords = [] if '"' in expected else re.findall(r"\b[A-Za-z_]{2,}\b", expected)
    return min(map(len, keywords), default=0)


def _offset(text: str, line: int, column: int) -> int:
    return sum(len(each) + 1 for each in text.split("\n")[: line - 1]) + column - 1


def _start(words: Sequence[Token], offset: int) -> int:
    """Return where the last token at or before an offset begins."""
    return next((word.start for word in reversed(words) if word.start <= offset), 0)
