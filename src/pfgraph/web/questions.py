"""What the pages themselves ask the release: small queries in files, bound to terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode

_FOLDER = Path(__file__).parent / "questions"
_SLOT = re.compile(r"VALUES (?:\?(\w+) \{ UNDEF \}|\(\?(\w+) \?(\w+)\) \{ \(UNDEF UNDEF\) \})")
Value = NamedNode | Literal


@cache
def _text(name: str) -> str:
    return (_FOLDER / f"{name}.rq").read_text(encoding="utf-8")


def question(name: str, **values: Sequence[Value] | Sequence[tuple[Value, Value]]) -> str:
    """Return the query in a file with terms in place of its `VALUES ?name { UNDEF }` rows.

    Pairs take the place of `VALUES (?one ?other) { (UNDEF UNDEF) }` under the name `one_other`. All rows are
    written in one pass, so a term that looks like a row stays a term.
    """
    return _SLOT.sub(lambda slot: _row(slot, values), _text(name))


def _row(slot: re.Match[str], values: Mapping[str, Sequence[Value] | Sequence[tuple[Value, Value]]]) -> str:
    name = slot[1] or f"{slot[2]}_{slot[3]}"
    terms = values.get(name)
    if terms is None:
        return slot[0]
    # A term's own text is its N-Triples form, which is SPARQL as well.
    rows = (f"({term[0]} {term[1]})" if isinstance(term, tuple) else str(term) for term in terms)
    return f"VALUES {f'?{name}' if slot[1] else f'(?{slot[2]} ?{slot[3]})'} {{ {' '.join(rows)} }}"


def example() -> str:
    """Return the query that the query page starts with."""
    return _text("example")


def describing(resources: Sequence[NamedNode]) -> str:
    """Return the query that describes resources, mentioned as they may be without being spoken of."""
    return f"DESCRIBE {' '.join(map(str, resources))}"
