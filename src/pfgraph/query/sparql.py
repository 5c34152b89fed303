"""What a text asks for, as far as its tokens tell: its form, and whether it wants the server to fetch something."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, cast

from pfgraph.errors import ForbiddenFeature
from pfgraph.query.lexer import Token, place, significant
from pfgraph.query.syntax import explain

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
FETCHING = ("SERVICE", "LOAD")
# The engine reads keywords without the blanks around them: `trueSERVICE<…>{`, `a:b.c.SERVICE<…>{`, `SERVICEex:x{`.
_ENDS_IN_SERVICE = re.compile(r"SERVICE(?:SILENT)?$", re.IGNORECASE | re.ASCII)
_BEGINS_WITH_SERVICE = re.compile(r"SERVICE", re.IGNORECASE | re.ASCII)
_NAMED_BEFORE = ("GRAPH", "FROM", "NAMED", "DESCRIBE")


@dataclass(frozen=True)
class Operation:
    """A query, by its form; of a DESCRIBE also the resources it names, and FROM, which is None where there is none."""

    form: Form
    described: tuple[str, ...] = ()
    default_graphs: tuple[str, ...] | None = None


def inspect(text: str) -> Operation:
    """Return a query's form; raise ForbiddenFeature for SERVICE and LOAD, MalformedQuery for what is no query."""
    words = list(significant(text))
    form = None
    for token in words:
        if token.is_word(*FETCHING):
            raise _forbidden(token.text.upper(), token, text)
        if form is None and token.is_word(*_FORMS):
            form = cast(Form, token.text.upper())
    if (hidden := _hidden_service(words)) is not None:
        raise _forbidden("SERVICE", hidden, text)
    if form is None:
        raise explain(text)
    return Operation(form) if form != "DESCRIBE" else Operation(form, *_described(words))


def _forbidden(feature: str, token: Token, text: str) -> ForbiddenFeature:
    line, column = place(text, token.start)
    return ForbiddenFeature(feature, line=line, column=column)


def _hidden_service(words: Sequence[Token]) -> Token | None:
    """Return the token in which a SERVICE clause hides: it is what stands before an endpoint and a brace."""
    for before, endpoint, brace in zip(words, words[1:], words[2:], strict=False):
        if not brace.is_mark("{") or endpoint.kind not in {"iri", "name", "variable"}:
            continue
        if before.kind not in {"variable", "iri", "string"} and _ENDS_IN_SERVICE.search(before.text):
            return before
        if endpoint.kind == "name" and _BEGINS_WITH_SERVICE.match(endpoint.text) and not before.is_word(*_NAMED_BEFORE):
            return endpoint
    return None


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
