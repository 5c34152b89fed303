"""What a text asks for, as far as its tokens tell: its form, and whether it wants the server to fetch something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple, cast

from pfgraph.errors import ForbiddenFeature, MalformedQuery, QueryTooLarge
from pfgraph.messages import Text
from pfgraph.query import fetching
from pfgraph.query.lookups import Lookup, lookup
from pfgraph.query.mistakes import Mistake
from pfgraph.query.stops import FORMS
from pfgraph.query.syntax import error, explain
from pfgraph.sources.lexer import Token, significant

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
# What has the server fetch something.
FETCHING = ("SERVICE", "LOAD")
_FORM = re.compile(r"\b(?:SELECT|ASK|CONSTRUCT|DESCRIBE)\b", re.IGNORECASE | re.ASCII)


class Operation(NamedTuple):
    """A query, by its form; of a DESCRIBE also the resources it names, and FROM, which is None where there is none.

    If it is a lookup, that is told as well.
    """

    form: Form
    described: tuple[str, ...] = ()
    default_graphs: tuple[str, ...] | None = None
    lookup: Lookup | None = None


def inspect(text: str, max_query_bytes: int | None = None) -> Operation:
    """Return what a query asks for without parsing it: a parser may not survive it.

    Raises ForbiddenFeature for SERVICE and LOAD, in whatever disguise the engine would see through, QueryTooLarge,
    and MalformedQuery for what can be no query: an update, a second query, text that is not Unicode.
    """
    _measure(text, max_query_bytes)
    if (found := lookup(text)) is not None:
        return Operation(found.form, lookup=found)
    # Most queries are short and plain; only what may hide something is cut into tokens to its end.
    hides = fetching.is_mentioned(text)
    words = list(significant(text)) if hides or len(_FORM.findall(text)) > 1 else None
    if hides and words is not None:
        fetching.refuse(text, words)
    form = _form(text, words)
    if words is not None:
        _refuse_second(text, words, form)
    name = cast(Form, form.text.upper())
    return Operation(name) if name != "DESCRIBE" else Operation(name, *_described(words or list(significant(text))))


def _measure(text: str, max_query_bytes: int | None) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as surrogate:
        ja, en = "文字コードの対になっていない文字があります。", "There is half a character (a lone surrogate)."
        raise MalformedQuery(ja, en, found=f"U+{ord(text[surrogate.start]):04X}") from surrogate
    if max_query_bytes is not None and size > max_query_bytes:
        raise QueryTooLarge(size, max_query_bytes)


def _form(text: str, words: Sequence[Token] | None) -> Token:
    """Return the word behind the prologue that is a query's form, or raise what is wrong without one."""
    rest = significant(text) if words is None else iter(words)
    for word in rest:
        if word.is_word("BASE", "VERSION"):
            next(rest, None)
        elif word.is_word("PREFIX"):
            next(rest, None)
            next(rest, None)
        elif word.is_word(*FORMS):
            return word
        else:
            raise _formless(text, word)
    raise explain(text)


def _formless(text: str, word: Token) -> MalformedQuery | ForbiddenFeature:
    """Return the error for a text that does not begin as a query."""
    # What looks like a prefixed name is LOAD and its source to the engine.
    return fetching.forbidden("LOAD", text, word.start) if word.text.upper().startswith("LOAD") else explain(text)


def _refuse_second(text: str, words: Sequence[Token], form: Token) -> None:
    """Raise MalformedQuery if another query begins where no sub-select can stand, outside of all groups."""
    depth = 0
    for word in words[words.index(form) + 1 :]:
        if word.kind == "mark":
            depth += (word.text == "{") - (word.text == "}")
        elif depth <= 0 and word.is_word(*FORMS):
            ja, en = "クエリは一度に一つだけです。", "There may be only one query."
            hint = Text("二つ目は別に送ってください。", "Send what follows as a query of its own.")
            raise error(text, Mistake(word.start, Text(ja, en), word.text, hint))


def _described(words: Sequence[Token]) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the resources that a DESCRIBE names, and the graphs of its FROM, None where it has no dataset clause."""
    prefixes: dict[str, str] = {}
    described: list[str] = []
    default: list[str] = []
    part = ""
    has_dataset = False
    for before, word in pairwise([Token("mark", "", 0), *words]):
        if word.is_mark("{") or word.is_word("WHERE"):
            break
        if word.kind == "word":
            part = word.text.upper()
            has_dataset |= part == "FROM"
        elif part == "PREFIX" and word.kind == "iri":
            prefixes[before.text.removesuffix(":")] = word.text[1:-1]
        elif word.kind in {"iri", "name"} and part in {"DESCRIBE", "FROM"}:
            (described if part == "DESCRIBE" else default).append(_iri(word, prefixes))
    graphs = tuple(filter(None, default)) if has_dataset else None
    return tuple(filter(None, described)), graphs


_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\\]*")


def _iri(word: Token, prefixes: dict[str, str]) -> str:
    if word.kind == "iri":
        iri = word.text[1:-1]
        return iri if _ABSOLUTE.fullmatch(iri) else ""
    prefix, _, local = word.text.partition(":")
    # SPARQL 1.1 §19.8 [173]: a backslash only protects the character behind it.
    return prefixes[prefix] + re.sub(r"\\(.)", r"\1", local) if prefix in prefixes else ""
