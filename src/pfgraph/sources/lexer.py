"""The tokens of a SPARQL text, as the specification cuts it.

The engine has no lexer of its own: it parses characters, and tries a shorter reading where a longer one fails.
So `trueSERVICE` can be two tokens there, `a:b.c.SERVICE` three, and what looks like one long string two short
ones with a clause between them. Where it may read on differently is for whoever looks for forbidden words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# SPARQL 1.1 §19.8, terminals [164]-[173]. Kept as parts of character classes.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_VARIABLE = f"0-9_\u00b7\u0300-\u036f\u203f\u2040{_BASE}"
_NAME = f"{_VARIABLE}\\-"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
# A code point escape that stands for no character makes a string, and an IRI, none.
_CODE_POINT = (
    r"\\u(?:[0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})"
    r"|\\U(?:0000(?:[0-9A-CE-Fa-ce-f][0-9A-Fa-f]{3}|[Dd][0-7][0-9A-Fa-f]{2})"
    r"|00(?:0[1-9A-Fa-f]|10)[0-9A-Fa-f]{4})"
)
# What a backslash may begin in a string.
ESCAPE = rf"\\[tbnrf\"'\\]|{_CODE_POINT}"

_PREFIX = rf"(?:[{_BASE}](?:[{_NAME}.]*[{_NAME}])?)?"


def _pattern(prefix: str, before: str = "") -> re.Pattern[str]:
    """Return the pattern of one token: `prefix` is a prefixed name's up to its colon, `before` is passed over."""
    return re.compile(
        rf"""{before}(?:(?P<space>[ \t\r\n]++)
        |(?P<variable>[?$][{_VARIABLE}]++)
        |(?P<iri><(?:[^\x00-\x20<>"{{}}|^`\\]|{_CODE_POINT})*+>)
        |(?P<blank>_:[0-9_{_BASE}](?:[{_NAME}.]*[{_NAME}])?)
        |(?P<name>{prefix}:
            (?:(?:[0-9_:{_BASE}]|{_ESCAPED})(?:(?:[{_NAME}.:]|{_ESCAPED})*(?:[{_NAME}:]|{_ESCAPED}))?)?)
        |(?P<word>[_{_BASE}][{_NAME}]*+)
        |(?P<mark>\^\^|&&|\|\||[!<>]=|[][{{}}()<>;,*/|^!=+\-&?~]|\.(?![0-9]))
        |(?P<string>\"\"\"(?:\"{{0,2}}(?:[^"\\]|{ESCAPE}))*+\"\"\"
            |'''(?:'{{0,2}}(?:[^'\\]|{ESCAPE}))*+'''
            |\"(?!\"\")(?:[^"\\\r\n]|{ESCAPE})*+\"
            |'(?!'')(?:[^'\\\r\n]|{ESCAPE})*+')
        |(?P<number>(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)[eE][+-]?[0-9]++|[0-9]*\.[0-9]++|[0-9]++)
        |(?P<comment>\#[^\r\n]*+)
        |(?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+(?:--[a-z]++)?)
        |(?P<quote>["'])
        |(?P<other>.))""",
        re.VERBOSE | re.DOTALL,
    )


_BLANK = r"(?:[ \t\r\n]++|\#[^\r\n]*+)*+"
_TOKEN = _pattern(_PREFIX), _pattern("")
_WORD = _pattern(_PREFIX, _BLANK), _pattern("", _BLANK)
_RUN = re.compile(f"[{_NAME}.]*+")


class Token(NamedTuple):
    """A piece of a text: its kind (the group that matched), its characters, and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the token ends."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these keywords, in any case; but no `ſ` is an S."""
        return self.kind == "word" and self.text.isascii() and self.text.upper() in words

    def is_mark(self, *marks: str) -> bool:
        """Whether this is one of these punctuation marks."""
        return self.kind == "mark" and self.text in marks


def tokens(text: str, start: int = 0) -> Iterator[Token]:
    """Return every token from a place on; together they are the text.

    A quote that opens no string is of kind `quote`, a character that opens nothing of kind `other`.
    """
    return _cut(text, start, _TOKEN)


def significant(text: str, start: int = 0) -> Iterator[Token]:
    """Return the tokens without white space and comments."""
    return _cut(text, start, _WORD)


def _cut(text: str, start: int, patterns: tuple[re.Pattern[str], re.Pattern[str]]) -> Iterator[Token]:
    full, without_prefix = patterns[0].match, patterns[1].match
    barren = start
    while match := (full if start >= barren else without_prefix)(text, start):
        kind = match.lastgroup or "other"
        begin, start = match.span(kind)
        if kind == "word" and begin >= barren:
            # No colon ends this run of words and dots: looking for one from each of them would be quadratic.
            run = _RUN.match(text, begin)
            barren = run.end() if run else begin
        yield Token(kind, match[kind], begin)


def place(text: str, offset: int) -> tuple[int, int]:
    """Return the line and column, both from 1, of an offset."""
    before = text[:offset]
    # SPARQL's white space has CR as well as LF; editors count CR LF as one end of line.
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def line_at(text: str, offset: int) -> int:
    """Return the line, from 1, on which an offset lies."""
    return text.count("\n", 0, offset) + 1
