"""The canonical form of a query's result, so that anyone can compute its digest from SPARQL JSON or N-Triples.

Method `pfgraph-result-1`: the SHA-256 of lines in UTF-8, each ended by a line feed.

- SELECT: `SELECT`, then the names of the variables as a JSON array, then each solution as the JSON object it is in
  SPARQL 1.1 Results JSON. JSON is written without white space, keys sorted by code point, nothing escaped that need
  not be. Solutions keep their order where the query ends in ORDER BY; else the lines are sorted by code point.
- ASK: `ASK`, then `true` or `false`.
- CONSTRUCT, DESCRIBE: `GRAPH`, then the canonical N-Triples, each once, sorted by code point.

Language tags are in lower case and `xsd:string` is left out. Blank nodes are named `c0`, `c1`, … in the order in which
they are met, once the lines are sorted as they are without names (of lines alike but for blank nodes, the given order
counts: a result with such lines need not have the same digest twice; our data have no blank nodes but in lists).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pyoxigraph import BlankNode, RdfFormat, Triple, parse

from pfgraph.namespaces import XSD
from pfgraph.sources.lexer import significant

METHOD = "pfgraph-result-1"
JSON = "application/sparql-results+json"
NT = "application/n-triples"
_CHANGING = ("NOW", "RAND", "UUID", "STRUUID", "BNODE")


@dataclass(frozen=True)
class Canonical:
    """The digest of a result, and how many solutions or triples it has (of an ASK: none)."""

    digest: str
    rows: int


def syntax_for(form: str) -> str:
    """Return the media type in which a result of a form is canonicalised."""
    return JSON if form in {"SELECT", "ASK"} else NT


def canonical(query: str, form: str, body: bytes) -> Canonical:
    """Return the digest of a result in SPARQL JSON (SELECT, ASK) or N-Triples (CONSTRUCT, DESCRIBE)."""
    lines = _lines(query, form, body)
    head = 1 if form in {"CONSTRUCT", "DESCRIBE"} else 2
    whole = sha256()
    for line in lines:
        whole.update(line.encode() + b"\n")
    return Canonical(whole.hexdigest(), len(lines) - head)


def _lines(query: str, form: str, body: bytes) -> list[str]:
    if form in {"CONSTRUCT", "DESCRIBE"}:
        triples = {quad.triple for quad in parse(body, RdfFormat.N_TRIPLES)}
        return ["GRAPH", *_named(sorted(triples, key=str), _triple, ordered=False)]
    found = json.loads(body)
    if form == "ASK":
        return ["ASK", _json(found["boolean"])]
    solutions = found["results"]["bindings"]
    return ["SELECT", _json(found["head"]["vars"]), *_named(solutions, _solution, ordered=is_ordered(query))]


def is_ordered(query: str) -> bool:
    """Whether the query itself, not one within it, says ORDER BY."""
    depth, before = 0, None
    for token in significant(query):
        if token.is_mark("{", "}"):
            depth += 1 if token.text == "{" else -1
        if depth == 0 and token.is_word("BY") and before is not None and before.is_word("ORDER"):
            return True
        before = token
    return False


def is_changing(query: str) -> bool:
    """Whether a query asks for the time, for chance or for new names, so that no answer of it is the last."""
    return any(token.is_word(*_CHANGING) for token in significant(query))


# How a row is written with names for its blank nodes.
Writer = Callable[[Any, Callable[[str], str]], str]


def _named(rows: Iterable[Any], write: Writer, *, ordered: bool) -> list[str]:
    """Return rows as lines in which blank nodes have names of ours."""
    rows = list(rows)
    if not ordered:
        rows.sort(key=lambda row: write(row, lambda _: ""))
    names: dict[str, str] = {}
    lines = [write(row, lambda label: names.setdefault(label, f"c{len(names)}")) for row in rows]
    return lines if ordered else sorted(lines)


def _solution(solution: dict[str, dict[str, Any]], name: Callable[[str], str]) -> str:
    return _json({variable: _term(term, name) for variable, term in sorted(solution.items())})


def _term(term: dict[str, Any], name: Callable[[str], str]) -> dict[str, Any]:
    found = {key: value for key, value in term.items() if (key, value) != ("datatype", XSD.string.value)}
    if found["type"] == "bnode":
        found["value"] = name(found["value"])
    if found["type"] == "triple":
        found["value"] = {part: _term(each, name) for part, each in sorted(found["value"].items())}
    if "xml:lang" in found:
        found["xml:lang"] = found["xml:lang"].lower()
    return found


def _triple(triple: Triple, name: Callable[[str], str]) -> str:
    return " ".join([*(_written(term, name) for term in (triple.subject, triple.predicate, triple.object)), "."])


_BLANK = re.compile(r'"(?:[^"\\]|\\.)*"|<[^<>]*>|_:(?P<label>[A-Za-z0-9_.-]*[A-Za-z0-9_-])')


def _written(term: Any, name: Callable[[str], str]) -> str:
    if isinstance(term, BlankNode):
        return f"_:{name(term.value)}"
    if isinstance(term, Triple):
        return _BLANK.sub(lambda m: f"_:{name(m['label'])}" if m["label"] else m[0], str(term))
    return str(term)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
