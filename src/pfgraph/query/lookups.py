"""Lookups: queries of one triple pattern, whose rows an index gives one a step.

They nest nothing, sort nothing and keep nothing, and every step makes the answer longer: what bounds its length bounds
the time and the memory that they take, and no timer is needed for it.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

# What is longer is hardly one, and not worth a look.
_MAX_LENGTH = 2048
# What a variable begins with.
VARIABLE = "?$"
_PLAIN = f"<{VARIABLE}"
_SPACE = r"(?:[ \t\r\n]++|\#[^\r\n]*+)*+"
_IRI = r'<[^\x00-\x20<>"{}|^`\\]*+>'
_NAME = r"(?:[A-Za-z][A-Za-z0-9_-]*+)?:[A-Za-z0-9_-]*+"
# Kana and kanji as well: not every letter of Unicode may stand in a name.
_VARIABLE = "[?$][A-Za-z0-9_\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff]++"
_STRING = rf'(?:"[^"\\\r\n]*+"|\'[^\'\\\r\n]*+\')(?:@[A-Za-z]++(?:-[A-Za-z0-9]++)*+|\^\^(?:{_IRI}|{_NAME}))?'
_LOOKUP = re.compile(
    rf"""{_SPACE}(?P<prologue>(?:(?i:PREFIX){_SPACE}{_NAME}{_SPACE}{_IRI}{_SPACE})*+)
    (?:(?P<ask>(?i:ASK))|(?i:SELECT){_SPACE}(?:\*|(?P<shown>(?:{_VARIABLE}{_SPACE})++))){_SPACE}(?:(?i:WHERE){_SPACE})?+
    \{{{_SPACE}(?P<s>{_IRI}|{_NAME}|{_VARIABLE}){_SPACE}(?P<p>{_IRI}|{_NAME}|a(?![\w:-])|{_VARIABLE}){_SPACE}
    (?P<o>{_IRI}|{_NAME}|{_VARIABLE}|{_STRING}){_SPACE}\.?{_SPACE}\}}{_SPACE}
    (?(ask)|(?:(?i:LIMIT)(?:[ \t\r\n]++|\#[^\r\n]*+)++(?P<limit>[0-9]++){_SPACE})?+)""",
    re.VERBOSE,
)
_SHOWN = re.compile(rf"{_VARIABLE}|\#[^\r\n]*+")


class Lookup(NamedTuple):
    """A lookup: its form, its pattern as it is written, the variables of that, which of them are shown, how many rows.

    Where a term of the pattern is no variable, its place among them is empty. A plain one has IRIs, variables and
    nothing else that could be wrong.
    """

    form: Literal["ASK", "SELECT"]
    pattern: tuple[str, str, str]
    variables: tuple[str, str, str]
    shown: tuple[str, ...]
    limit: int | None
    is_plain: bool


def lookup(query: str) -> Lookup | None:
    """Return a text that is one triple pattern of which every match is a row as a lookup, None for every other.

    That is so where its variables differ and are shown, once each: one that occurs twice has the index go through
    triples that are no rows, and rows that show nothing have no length.
    """
    found = _LOOKUP.fullmatch(query) if len(query) <= _MAX_LENGTH else None
    if found is None:
        return None
    prologue, ask, shown, subject, predicate, value, limit = found.groups()
    pattern = subject, predicate, value
    variables = _variable(subject), _variable(predicate), _variable(value)
    names = [name for name in variables if name]
    chosen = sorted(names) if shown is None else _shown(shown)
    if len(set(names)) < len(names) or len(set(chosen)) < len(chosen) or not set(chosen) <= set(names):
        return None
    is_plain = not prologue and all(term[0] in _PLAIN or term == "a" for term in pattern)
    form: Literal["ASK", "SELECT"] = "ASK" if ask else "SELECT"
    return Lookup(form, pattern, variables, tuple(chosen), int(limit) if limit else None, is_plain)


def _variable(term: str) -> str:
    return term[1:] if term[0] in VARIABLE else ""


def _shown(text: str) -> list[str]:
    return [variable[1:] for variable in _SHOWN.findall(text) if variable[0] != "#"]
