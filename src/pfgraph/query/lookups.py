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
_SPACE = r"(?:[ \t\r\n]++|\#[^\r\n]*+)*+"
_IRI = r'<[^\x00-\x20<>"{}|^`\\]*+>'
_NAME = r"(?:[A-Za-z][A-Za-z0-9_-]*+)?:[A-Za-z0-9_-]*+"
_VARIABLE = r"[?$]\w++"
_STRING = rf'(?:"[^"\\\r\n]*+"|\'[^\'\\\r\n]*+\')(?:@[A-Za-z]++(?:-[A-Za-z0-9]++)*+|\^\^(?:{_IRI}|{_NAME}))?'
_LOOKUP = re.compile(
    rf"""{_SPACE}(?:(?i:PREFIX){_SPACE}{_NAME}{_SPACE}{_IRI}{_SPACE})*+
    (?:(?P<ask>(?i:ASK))|(?i:SELECT){_SPACE}(?:\*|(?P<shown>(?:{_VARIABLE}{_SPACE})++))){_SPACE}(?:(?i:WHERE){_SPACE})?+
    \{{{_SPACE}(?P<s>{_IRI}|{_NAME}|{_VARIABLE}){_SPACE}(?P<p>{_IRI}|{_NAME}|a(?![\w:-])|{_VARIABLE}){_SPACE}
    (?P<o>{_IRI}|{_NAME}|{_VARIABLE}|{_STRING}){_SPACE}\.?{_SPACE}\}}{_SPACE}
    (?(ask)|(?:(?i:LIMIT)(?:[ \t\r\n]++|\#[^\r\n]*+)++[0-9]++{_SPACE})?+)""",
    re.VERBOSE,
)
_SHOWN = re.compile(rf"{_VARIABLE}|\#[^\r\n]*+")


class Lookup(NamedTuple):
    """A lookup: its form, and its pattern as it is written."""

    form: Literal["ASK", "SELECT"]
    pattern: tuple[str, str, str]


def lookup(query: str) -> Lookup | None:
    """Return a text that is one triple pattern of which every match is a row as a lookup, None for every other.

    That is so where its variables differ and are shown: one that occurs twice has the index go through triples that
    are no rows, and rows that show nothing have no length.
    """
    found = _LOOKUP.fullmatch(query) if len(query) <= _MAX_LENGTH else None
    if found is None:
        return None
    ask, shown, *pattern = found.groups()
    variables = [term[1:] for term in pattern if term[0] in VARIABLE]
    if len(set(variables)) < len(variables) or (shown and not _shown(shown) <= set(variables)):
        return None
    return Lookup("ASK" if ask else "SELECT", (pattern[0], pattern[1], pattern[2]))


def _shown(text: str) -> set[str]:
    return {variable[1:] for variable in _SHOWN.findall(text) if variable[0] != "#"}
