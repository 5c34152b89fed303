"""What the pages themselves ask the release: small queries in files, bound to terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode

_FOLDER = Path(__file__).parent / "questions"
_SLOT = re.compile(r"VALUES \?(\w+) \{ UNDEF \}")


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.rq").read_text(encoding="utf-8")


def question(name: str, **values: Sequence[NamedNode | Literal]) -> str:
    """Return the query in a file with terms in place of its `VALUES ?name { UNDEF }` rows.

    All rows are written in one pass, so a term that looks like a row stays a term.
    """
    return _SLOT.sub(lambda slot: _row(slot, values), _text(name))


def _row(slot: re.Match[str], values: Mapping[str, Sequence[NamedNode | Literal]]) -> str:
    terms = values.get(slot[1])
    # A term's own text is its N-Triples form, which is SPARQL as well.
    return slot[0] if terms is None else f"VALUES ?{slot[1]} {{ {' '.join(map(str, terms))} }}"


def example() -> str:
    """Return the query that the query page starts with."""
    return _text("example")


def describing(resources: Sequence[NamedNode]) -> str:
    """Return the query that describes resources, mentioned as they may be without being spoken of."""
    return f"DESCRIBE {' '.join(map(str, resources))}"
