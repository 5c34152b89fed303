"""What a text asks for, as far as its tokens tell: its form, and whether it wants the server to fetch something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from pfgraph.errors import ForbiddenFeature
from pfgraph.query.lexer import place, significant
from pfgraph.query.syntax import explain

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
FETCHING = ("SERVICE", "LOAD")


@dataclass(frozen=True)
class Operation:
    """A query, by its form."""

    form: Form


def inspect(text: str) -> Operation:
    """Return a query's form; raise ForbiddenFeature for SERVICE and LOAD, MalformedQuery for what is no query."""
    form = None
    for token in significant(text):
        if token.is_word(*FETCHING):
            line, column = place(text, token.start)
            raise ForbiddenFeature(token.text.upper(), line=line, column=column)
        if form is None and token.is_word(*_FORMS):
            form = cast(Form, token.text.upper())
    if form is None:
        raise explain(text)
    return Operation(form)
