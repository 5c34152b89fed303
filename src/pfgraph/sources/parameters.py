"""What a parameter of a query takes: text from outside becomes a term of its type, or is refused."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from pfgraph.errors import BadParameter
from pfgraph.messages import Text
from pfgraph.namespaces import XSD

Term = NamedNode | Literal

MAX_SHOWN = 80
_TRUTHS = ("true", "false")
_HIRAGANA = {katakana: katakana - 0x60 for katakana in range(0x30A1, 0x30F7)}


class Kind(NamedTuple):
    """How the values of one type are written, which there are if they are few, and what term each is."""

    pattern: re.Pattern[str]
    expected: Text
    term: Callable[[str], Term]
    values: tuple[str, ...] = ()


def _typed(value: str, name: str) -> Literal:
    return Literal(value, datatype=XSD[name])


def _integer(value: str) -> Literal:
    return _typed(str(int(value)), "integer")


def _date(value: str) -> Literal:
    return _typed(date.fromisoformat(value).isoformat(), "date")


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "string": Kind(re.compile(".*", re.DOTALL), Text("文字列", "a string"), Literal),
        "integer": Kind(re.compile("[+-]?[0-9]{1,18}"), Text("整数", "an integer"), _integer),
        "boolean": Kind(
            re.compile("true|false"), Text("真偽値", "a boolean"), partial(_typed, name="boolean"), _TRUTHS
        ),
        "date": Kind(
            re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}"),
            Text("日付（YYYY-MM-DD）", "a date (YYYY-MM-DD)"),
            _date,
        ),
        "iri": Kind(re.compile(".*", re.DOTALL), Text("絶対 IRI", "an absolute IRI"), NamedNode),
        "lang": Kind(re.compile("ja|en"), Text("言語", "a language"), Literal, ("ja", "en")),
        "code": Kind(
            re.compile("[0-9]{6}"),
            Text("6桁の全国地方公共団体コード", "a local government code of 6 digits"),
            Literal,
        ),
        "concept": Kind(
            re.compile("[a-z0-9]+(-[a-z0-9]+)*"),
            Text("概念のキー（小文字の英数字とハイフン）", "the key of a concept (lower case, hyphens)"),
            Literal,
        ),
    }
)


@dataclass(frozen=True)
class Parameter:
    """A parameter of a canned query; `default` is None where leaving it out means any value."""

    name: str
    kind: str
    default: Term | None
    required: bool
    title: Text
    description: Text
    pattern: str | None
    values: tuple[str, ...]
    example: str

    def term(self, value: str) -> Term:
        """Return a value as a term of the parameter's type, or raise BadParameter with an example."""
        try:
            return self._read(value)
        except ValueError as error:
            raise BadParameter(
                self.name,
                "値が正しくありません。",
                "This is no value of the parameter.",
                example=self._meant(value),
                found=shown(value),
                expected=self.expected,
            ) from error

    def accepts(self, value: str) -> bool:
        """Whether a text is a value of this parameter."""
        try:
            self._read(value)
        except ValueError:
            return False
        return True

    def _read(self, value: str) -> Term:
        kind = KINDS[self.kind]
        fits = kind.pattern.fullmatch(value) and (not self.pattern or re.fullmatch(self.pattern, value))
        if not fits or (self.values and value not in self.values):
            raise ValueError(value)
        return kind.term(value)

    @property
    def expected(self) -> Text:
        """What the values are, in words."""
        if self.values:
            return Text(*(", ".join(self.values),) * 2)
        kind = KINDS[self.kind].expected
        return Text(f"{kind.ja}（{self.pattern}）", f"{kind.en} ({self.pattern})") if self.pattern else kind

    def _meant(self, value: str) -> str:
        """Return the good value that was probably meant, else the example."""
        # A Japanese keyboard yields full-width digits and katakana, a spreadsheet drops leading zeros.
        plain = unicodedata.normalize("NFKC", value[:MAX_SHOWN]).strip()
        padded = plain.zfill(6) if self.kind == "code" and plain else plain
        near = difflib.get_close_matches(plain.lower(), self.values, n=1)
        candidates = (plain, plain.lower(), plain.translate(_HIRAGANA), padded, *near)
        return next(filter(self.accepts, filter(None, candidates)), self.example)


def shown(value: str) -> str:
    """Return a value as a message may repeat it: quoted and not too long."""
    return repr(value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}…")
