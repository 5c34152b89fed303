"""The things of a class as a CSV table: a row for each, a column for each member of the class's frame."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from pyoxigraph import Literal, NamedNode

from pfgraph.web.context import Context, Term
from pfgraph.web.frames import Frame

_LANGUAGES = ("ja", "en", "ja-hrkt")
# What a spreadsheet program would take for a formula is told apart by an apostrophe.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
Said = Mapping[str, Sequence[object]]


def table(frame: Frame, things: Mapping[str, Said], context: Context) -> bytes:
    """Return the table of some things, with those columns in which anything stands; several values by `;`."""
    columns = [column for name in frame.members for column in _columns(context.member(name), things.values())]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["id", *(name for name, _, _ in columns)])
    for iri, said in sorted(things.items()):
        writer.writerow([iri, *(_cell(said.get(path, ()), language) for _, path, language in columns)])
    return text.getvalue().encode()


def _columns(term: Term, things: Iterable[Said]) -> list[tuple[str, str, str | None]]:
    """Return the columns for a member: its name, its property, and the language where it is a text in several."""
    values = [value for said in things for value in said.get(term.iri, ())]
    if term.container != "@language":
        return [(term.name, term.iri, None)] if values else []
    tags = {value.language for value in values if isinstance(value, Literal)}
    return [(f"{term.name}.{tag}", term.iri, tag) for tag in _LANGUAGES if tag in tags]


def _cell(values: Sequence[object], language: str | None) -> str:
    shown = (v for v in values if language is None or (isinstance(v, Literal) and v.language == language))
    return ";".join(sorted(map(_plain, shown)))


def _plain(value: object) -> str:
    if isinstance(value, NamedNode):
        return value.value
    if not isinstance(value, Literal):
        return str(value)
    return f"'{value.value}" if value.value.startswith(_FORMULA) and not value.value[1:].isdecimal() else value.value
