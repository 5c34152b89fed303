"""The answers to lookups of IRIs without a query: straight from an index, in the very bytes that the engine writes.

To read, plan and evaluate a query takes the engine longer than to find and write some rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import cast

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, QueryBoolean, QueryResultsFormat, Store

from pfgraph.namespaces import RDF, XSD
from pfgraph.query.lookups import VARIABLE, Lookup

_WHOLE = DefaultGraph()
# An answer, and how many rows it has; of an ASK that is None.
Found = tuple[bytes, int | None]
_quoted = json.JSONEncoder(ensure_ascii=False).encode


class TooLong(Exception):
    """The answer is longer than it may be."""


def found(store: Store, asked: Lookup, form: QueryResultsFormat, max_bytes: int) -> Found | None:
    """Return the answer to a lookup; None of one that is for the engine: not plain, or in a form that only it writes.

    Raises ValueError for what is no IRI, and TooLong.
    """
    if not asked.is_plain:
        return None
    if asked.form == "ASK":
        return _TRUTHS[form, next(_matches(store, asked), None) is not None], None
    if form != QueryResultsFormat.JSON:
        return None
    return _rows(islice(_matches(store, asked), asked.limit), asked, max_bytes)


def _matches(store: Store, asked: Lookup) -> Iterator[Quad]:
    subject, predicate, value = map(_node, asked.pattern)
    return store.quads_for_pattern(subject, predicate, value, _WHOLE)


def _node(term: str) -> NamedNode | None:
    if term[0] in VARIABLE:
        return None
    return RDF.type if term == "a" else NamedNode(term[1:-1])


def _rows(quads: Iterator[Quad], asked: Lookup, max_bytes: int) -> Found | None:
    """Return SPARQL 1.1 Query Results JSON, None where a term is of a kind that has no place in it (yet)."""
    places = [(f'"{name}":', asked.variables.index(name)) for name in asked.shown]
    rows, left = [], max_bytes
    for quad in quads:
        terms = quad.subject, quad.predicate, quad.object
        try:
            row = ",".join([name + _written(terms[place]) for name, place in places])
        except TypeError:
            return None
        left -= len(row)
        if left < 0:
            raise TooLong
        rows.append(f"{{{row}}}")
    names = ",".join([f'"{name}"' for name in asked.shown])
    body = f'{{"head":{{"vars":[{names}]}},"results":{{"bindings":[{",".join(rows)}]}}}}'.encode()
    # As everywhere, rows that bind nothing are not counted.
    return body, len(rows) if names else 0


def _written(term: object) -> str:
    """Return a term as an object of JSON, or raise TypeError."""
    if isinstance(term, NamedNode):
        return f'{{"type":"uri","value":{_quoted(term.value)}}}'
    if isinstance(term, BlankNode):
        return f'{{"type":"bnode","value":"{term.value}"}}'
    if not isinstance(term, Literal) or term.direction is not None:
        raise TypeError(term)
    value = f'{{"type":"literal","value":{_quoted(term.value)}'
    if term.language is not None:
        return f'{value},"xml:lang":"{term.language}"}}'
    return f"{value}}}" if term.datatype == XSD.string else f'{value},"datatype":{_quoted(term.datatype.value)}}}'


def _said(text: str, form: QueryResultsFormat) -> bytes:
    """Return the answer to a query that needs no data, in the engine's words."""
    return bytes(cast(QueryBoolean, Store().query(text)).serialize(format=form) or b"")


_TRUTHS = {
    (form, is_true): _said(text, form)
    for form in (QueryResultsFormat.JSON, QueryResultsFormat.XML, QueryResultsFormat.CSV, QueryResultsFormat.TSV)
    for text, is_true in (("ASK {}", True), ("ASK { FILTER(false) }", False))
}
