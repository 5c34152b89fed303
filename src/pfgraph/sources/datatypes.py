"""The datatypes of cells: which texts are values of them, and how each value is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import XSD

Lexical = Callable[[str], str | None]
_CHOICES = re.compile(r"[\w-]+(?:\|[\w-]+)+")


@dataclass(frozen=True)
class Datatype:
    """A CSVW datatype: `read` returns the lexical form of a value, or None if a text is no value."""

    base: str
    iri: NamedNode
    expected: Text
    read: Lexical
    choices: tuple[str, ...] = ()

    @property
    def takes_language(self) -> bool:
        """Whether the `lang` of a column applies: it does to plain strings."""
        return self.iri == XSD.string


def _like(pattern: str) -> Lexical:
    compiled = re.compile(pattern)
    return lambda text: text if compiled.fullmatch(text) else None


_decimal = _like(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_iso_date = _like(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _read_decimal(text: str) -> str | None:
    """Return a decimal without idle zeros, as a store would write it."""
    if _decimal(text) is None:
        return None
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if short in ("-0", "") else short


def _read_boolean(text: str) -> str | None:
    return {"true": "true", "1": "true", "false": "false", "0": "false"}.get(text)


def _read_date(text: str) -> str | None:
    # date.fromisoformat alone would also take 20240401 and 2024-W14-1.
    if _iso_date(text) is None:
        return None
    try:
        date.fromisoformat(text)
    except ValueError:
        return None
    return text


def _read_iri(text: str) -> str | None:
    try:
        return NamedNode(text).value
    except ValueError:
        return None


# Numbers are taken only as a store writes them back, so that a code never loses its zeros as a number.
_BASES: dict[str, tuple[Text, Lexical]] = {
    "string": (Text("文字列", "text"), str),
    "integer": (Text("整数", "a whole number"), _like("0|-?[1-9][0-9]*")),
    "nonNegativeInteger": (Text("0 以上の整数", "a whole number, 0 or more"), _like("0|[1-9][0-9]*")),
    "positiveInteger": (Text("1 以上の整数", "a whole number, 1 or more"), _like("[1-9][0-9]*")),
    "decimal": (Text("数（小数でもよい）", "a number, with a point if need be"), _read_decimal),
    "boolean": (Text("true または false", "true or false"), _read_boolean),
    "date": (Text("日付 YYYY-MM-DD", "a date, YYYY-MM-DD"), _read_date),
    "gYear": (Text("西暦の年 YYYY", "a year, YYYY"), _like("(?!0000)[0-9]{4}")),
    "gYearMonth": (
        Text("年と月 YYYY-MM", "a year and month, YYYY-MM"),
        _like("(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])"),
    ),
    "anyURI": (
        Text("IRI（https:// などで始まる）", "an IRI (it starts with https:// or the like)"),
        _read_iri,
    ),
    "hexBinary": (
        Text("16進数（2桁の倍数）", "hexadecimal digits, an even number"),
        _like("(?:[0-9A-Fa-f]{2})*"),
    ),
}
BASES = tuple(_BASES)
# Tabular metadata §5.11.2: for these the format is a regular expression; for the rest it is something else.
_PATTERNED = ("string", "anyURI", "hexBinary")


def named(base: str, iri: NamedNode | None = None, format_: str | None = None) -> Datatype:
    """Return the datatype with this base, and literals of this IRI if one is given.

    Raises KeyError for an unknown base, ValueError for a format the base does not take,
    `re.error` for one that is no regular expression.
    """
    expected, read = _BASES[base]
    datatype = Datatype(base, iri or XSD[base], expected, read)
    if format_ is None:
        return datatype
    if base in _PATTERNED:
        return _patterned(datatype, format_)
    words = format_.split("|")
    if base == "boolean" and len(set(words)) == 2:
        return _worded(datatype, words)
    raise ValueError(format_)


def _patterned(datatype: Datatype, pattern: str) -> Datatype:
    """Return a datatype narrowed to the values that match a pattern as a whole."""
    # ECMAScript's \d and \w are ASCII, Python's are not.
    compiled = re.compile(pattern, re.ASCII)
    choices = tuple(pattern.split("|")) if _CHOICES.fullmatch(pattern) else ()
    expected = (
        Text("、".join(choices), ", ".join(choices)) if choices else Text(f"形式 {pattern}", f"the form {pattern}")
    )

    def read(text: str) -> str | None:
        return datatype.read(text) if compiled.fullmatch(text) else None

    return Datatype(datatype.base, datatype.iri, expected, read, choices)


def _worded(datatype: Datatype, words: list[str]) -> Datatype:
    """Return a boolean that is written with these words for true and false."""
    read = dict(zip(words, ("true", "false"), strict=True)).get
    return Datatype(datatype.base, datatype.iri, Text("、".join(words), ", ".join(words)), read, tuple(words))
