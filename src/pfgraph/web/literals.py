"""Literals as JSON values: numbers and truth as JSON has them, dates as ISO strings, the rest with its type."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from pyoxigraph import Literal

from pfgraph.namespaces import XSD
from pfgraph.web.context import Context, Term

_CANONICAL_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
INTEGERS = frozenset({"integer", "nonNegativeInteger", "positiveInteger"})


def literal(value: Literal, term: Term | None, context: Context) -> Any:
    """Return a literal as a JSON value where the key says enough of it, else as a value object."""
    coerced = term.type if term else None
    if value.language:
        return {"@language": value.language, "@value": value.value}
    datatype, as_json = value.datatype.value, native(value)
    if coerced == datatype:
        return value.value if as_json is None else as_json
    # JSON-LD 1.1 API §5.2.1: coercion to an IRI is for strings; numbers and booleans stay what they are.
    if as_json is not None and datatype in read_from_json() and (coerced or "@").startswith("@"):
        return as_json
    if datatype == XSD.string.value:
        return {"@value": value.value} if coerced else value.value
    return {context.alias("@type"): context.vocab(datatype), "@value": value.value}


@cache
def read_from_json() -> frozenset[str]:
    """Return the datatypes that JSON-LD gives to numbers and booleans by itself."""
    return frozenset({XSD.integer.value, XSD.boolean.value})


def native(value: Literal) -> int | bool | None:
    """Return a number or boolean whose JSON form is read as the very same literal, else None."""
    local = value.datatype.value.removeprefix(str(XSD))
    if local == "boolean" and value.value in {"true", "false"}:
        return value.value == "true"
    if local in INTEGERS and _CANONICAL_INTEGER.fullmatch(value.value):
        return int(value.value)
    return None
