"""The words of a SPARQL text: enough to know strings, comments and IRIs from what they look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

# SPARQL 1.1 §19.8, terminals; the first alternative that fits wins, as the longest does there.
_TOKEN = re.compile(
    r"""(?P<comment>\#[^\n\r]*)
      |(?P<iri><(?:[^<>"{}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)
      |(?P<string>\"{3}(?:[^"\\]|\\.|"(?!""))*\"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}
        |"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
      |(?P<variable>[?$]\w+)
      |(?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[a-z]+)?)
      |(?P<number>(?:[0-9]*\.[0-9]+|[0-9]+)(?:[eE][+-]?[0-9]+)?)
      |(?P<name>(?:[^\W\d](?:[\w.-]*[\w-])?)?:
        (?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\\S)(?:(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\\S)*(?:[\w:-]|%[0-9A-Fa-f]{2}|\\\S))?)?)
      |(?P<word>[^\W\d]\w*)
      |(?P<mark>\^\^|&&|\|\||[!<>]=|\S)""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of the text, its kind (the group that matched), and where it starts."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """Where the token ends."""
        return self.start + len(self.text)

    def is_word(self, *words: str) -> bool:
        """Whether this is one of these keywords, in any case."""
        return self.kind == "word" and self.text.upper() in words


def tokens(text: str) -> Iterator[Token]:
    """Return the tokens of a text in order, without white space and comments."""
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind != "comment":
            yield Token(kind, match.group(), match.start())


def line_at(text: str, offset: int) -> int:
    """Return the line, from 1, on which an offset lies."""
    return text.count("\n", 0, offset) + 1
