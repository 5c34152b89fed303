"""Whether a query asks the engine to fetch something, in every reading the engine may find.

The engine parses characters by ordered choice, without tokens. A keyword needs no blank around it, and where the
longer reading of some characters fails, it takes a shorter one. So these are all SERVICE clauses to it, although
the specification's tokens say otherwise:

    in a word             ?s ?p trueSERVICE<…>{…}         since `true` is an object
    in a prefix           ?s atrueSERVICEex:x {…}         if no such prefix is declared, or the pattern is complete
    after a colon         ex:atrueSERVICE<…> {…}          if the whole would not be an IRI, as <http://host:atrue…>
    after `a`             ?s a:SERVICE<…> {…}             the same with the empty prefix, if `a:` is not declared
    after two dots        ex:a.b.SERVICE<…> {…}           since it takes one dot in a local name
    in a long string      \"\"\" "} SERVICE … #\\x \"\"\"     if an escape in it is wrong: then it is two short strings
    behind a comparison   FILTER(?a<1#>\"\"\"⏎)SERVICE …    where `<1#>` was `<`, `1` and a comment

Each was seen to work. What cannot be told apart is refused; a prefixed name such as `service:port` or
`pf:SupportService` is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from itertools import islice

from pyoxigraph import NamedNode

from pfgraph.errors import ForbiddenFeature
from pfgraph.query.syntax import explain
from pfgraph.sources.lexer import Token, place, significant

_SERVICE = re.compile("service", re.IGNORECASE | re.ASCII)
_FETCHING = re.compile("service|load", re.IGNORECASE | re.ASCII)
_DECLARED = re.compile(r"<([^\\<>]*)>")
_ESCAPED = re.compile(r"\\(.)")
_DOTS = re.compile(r"\.+")
_LINE_END = re.compile("[\r\n]|\\Z")


def forbidden(feature: str, text: str, offset: int) -> ForbiddenFeature:
    """Return the error for a feature at a place."""
    line, column = place(text, offset)
    return ForbiddenFeature(feature, line=line, column=column)


def is_mentioned(text: str) -> bool:
    """Whether SERVICE or LOAD occurs in a text, be it in a string or a name."""
    return _FETCHING.search(text) is not None


def refuse(text: str, words: Sequence[Token]) -> None:
    """Raise ForbiddenFeature if any reading of a text, of which these are the tokens, has a SERVICE clause or LOAD.

    MalformedQuery is raised for a broken string: nobody knows where it ends.
    """
    _Readings(text, words).refuse()


class _Readings:
    """All ways in which the engine may cut a text into tokens: the specification's, and those that leave it."""

    def __init__(self, text: str, words: Sequence[Token]) -> None:
        self._text, self._words = text, words
        self._seen: set[tuple[int, bool]] = set()
        self._begun = [0]
        self._line_end = -1

    def refuse(self) -> None:
        """Go through every reading."""
        while self._begun:
            self._refuse_from(self._begun.pop())
        if any(word.kind == "quote" for word in self._words):
            raise explain(self._text)

    def _refuse_from(self, start: int) -> None:
        """Go through one reading from a place on, until it meets what was read before."""
        names_a_graph = False
        for word in significant(self._text, start) if start else self._words:
            if (word.start, names_a_graph) in self._seen:
                return
            self._seen.add((word.start, names_a_graph))
            if word.kind == "quote":
                # Three of them that open no long string are an empty string, and the beginning of another one.
                self._begun.append(word.start + (2 if self._text.startswith(word.text * 3, word.start) else 1))
            elif word.kind == "iri":
                self._branch(word)
            elif word.kind == "word":
                self._refuse_word(word)
            elif word.kind == "name" and not names_a_graph and (hidden := self._hidden(word)) is not None:
                raise forbidden("SERVICE", self._text, word.start + hidden)
            names_a_graph = word.is_word("GRAPH", "FROM", "NAMED", "DESCRIBE")

    def _refuse_word(self, word: Token) -> None:
        found = _SERVICE.search(word.text)
        if found is not None:
            raise forbidden("SERVICE", self._text, word.start + found.start())
        if word.text[:4].upper() == "LOAD":
            raise forbidden("LOAD", self._text, word.start)

    def _branch(self, word: Token) -> None:
        """Begin another reading where what looks like an IRI may be a comparison, and a string or comment in it.

        With two slashes before those it cannot be: between operators there is an operand. And what is inside the
        brackets has no brace, so that no clause can hide there.
        """
        special = re.search("[#']", word.text)
        if special is None or "//" in word.text[: special.start()]:
            return
        begins = word.start + special.start()
        if special[0] == "#":
            if begins >= self._line_end:
                end = _LINE_END.search(self._text, begins)
                self._line_end = end.start() if end else len(self._text)
            begins = self._line_end
        self._begun.append(begins)

    def _hidden(self, word: Token) -> int | None:
        """Return where in a prefixed name a SERVICE clause may begin."""
        for found in _SERVICE.finditer(word.text):
            before = word.text[: found.start()]
            _, colon, local = before.partition(":")
            whole = colon and len(_DOTS.findall(local)) < 2 and self._is_iri(word)
            if not whole and self._opens_group(word.end):
                return found.start()
        return None

    def _opens_group(self, start: int) -> bool:
        """Whether a group follows, with or without SILENT and an endpoint before it."""
        words = list(islice(significant(self._text, start), 3))
        if words and words[0].is_word("SILENT"):
            words = words[1:]
        if words and words[0].kind in {"iri", "variable", "name"}:
            words = words[1:]
        return bool(words) and words[0].is_mark("{")

    def _is_iri(self, word: Token) -> bool:
        """Whether a prefixed name is an IRI by every declaration that may be meant, so that it is read whole.

        Without any declaration the parser stops here anyway, and says so better.
        """
        prefix, _, local = word.text.partition(":")
        namespaces = [*self._declared.get(prefix, ()), *self._declared.get("", ())]
        return all(iri is not None and _is_valid(iri + _ESCAPED.sub(r"\1", local)) for iri in namespaces)

    @cached_property
    def _declared(self) -> dict[str, set[str | None]]:
        """The namespaces by prefix; None is one that only the engine can resolve."""
        declared: dict[str, set[str | None]] = {}
        words = self._words
        for keyword, name, iri in zip(words, words[1:], words[2:], strict=False):
            if keyword.is_word("PREFIX") and name.kind == "name":
                found = _DECLARED.fullmatch(iri.text)
                declared.setdefault(name.text.removesuffix(":"), set()).add(found[1] if found else None)
        return declared


def _is_valid(iri: str) -> bool:
    try:
        NamedNode(iri)
    except ValueError:
        return False
    return True
