"""SHACL by two engines: what they find, as equal rows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse, serialize

from pfgraph.errors import EngineUnavailable, ShapesError
from pfgraph.namespaces import SH

Value = NamedNode | BlankNode | Literal


@dataclass(frozen=True)
class Row:
    """One validation result without its message: what both engines agree on."""

    focus_node: Value
    path: NamedNode | None
    value: Value | None
    component: NamedNode
    source_shape: NamedNode
    severity: NamedNode

    def key(self) -> tuple[str, ...]:
        """Return what rows are sorted by."""
        terms = (self.focus_node, self.path, self.component, self.value, self.source_shape, self.severity)
        return tuple("" if term is None else str(term) for term in terms)


def rows(data: Iterable[Triple], shapes: Iterable[Triple], engine: str) -> list[Row]:
    """Return the results of one engine, sorted, each once; the shapes include the prefixes they name."""
    if engine not in ENGINES:
        raise _unavailable(engine)
    with _ill_typed_literals_unlogged():
        report = ENGINES[engine](_n_triples(data), _n_triples(shapes))
    return sorted(set(_rows(report)), key=Row.key)


@contextmanager
def _ill_typed_literals_unlogged() -> Iterator[None]:
    """Keep rdflib from logging a traceback for each ill-typed literal: the report is about those."""
    logger = logging.getLogger("rdflib.term")
    disabled, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = disabled


def _n_triples(triples: Iterable[Triple]) -> bytes:
    return cast(bytes, serialize(triples, format=RdfFormat.N_TRIPLES))  # None only where it writes to a file


def _shifty(data: bytes, shapes: bytes) -> bytes:
    """Return the report of pyshifty, the fast engine, as N-Triples."""
    try:
        # "data": the shapes are no data, as for pySHACL. Rules are applied when the dataset is built.
        _, report, _ = _prepared(shapes).validate(
            data, graph_mode="data", infer=False, on_unsupported="error", sort_results=False
        )
    except ValueError as error:
        raise _unusable(error) from error
    return bytes(report.serialize(format="nt", encoding="utf-8"))


@lru_cache(maxsize=4)
def _prepared(shapes: bytes) -> Any:
    """Return a pyshifty validator; compiling the shapes takes longer than validating one entity."""
    try:
        import shifty  # noqa: PLC0415  (young, by one author: nothing but this function needs it)
    except ImportError as error:
        raise _unavailable("shifty") from error
    # Bytes only: a short string would be taken for a path, or fetched as a URL.
    return shifty.PreparedValidator(shapes)


def _pyshacl(data: bytes, shapes: bytes) -> bytes:
    """Return the report of pySHACL, the reference, as N-Triples."""
    from pfgraph.graph import reference  # noqa: PLC0415  (half a second to load)

    try:
        return reference.report(data, shapes)
    except reference.Unusable as error:
        raise _unusable(error) from error


ENGINES: dict[str, Callable[[bytes, bytes], bytes]] = {"shifty": _shifty, "pyshacl": _pyshacl}


def _unavailable(engine: str) -> EngineUnavailable:
    ja, en = "この SHACL エンジンは使えません。", "This SHACL engine cannot be used."
    return EngineUnavailable(ja, en, found=engine, expected=", ".join(ENGINES))


def _unusable(error: Exception) -> ShapesError:
    found = " ".join(str(error).split())
    return ShapesError("形状（SHACL）のグラフを使えません。", "The shapes graph cannot be used.", found=found)


def _rows(report: bytes) -> Iterator[Row]:
    described: dict[object, dict[str, object]] = {}
    listed: list[object] = []
    for quad in parse(report, RdfFormat.N_TRIPLES):
        described.setdefault(quad.subject, {})[quad.predicate.value] = quad.object
        if quad.predicate == SH.result:
            listed.append(quad.object)
    # Only what the report lists: a nested result (sh:detail) belongs to the one above it.
    for result in listed:
        yield _row(described[result])


def _row(result: dict[str, object]) -> Row:
    def term(name: str) -> object:
        return result.get(SH[name].value)

    return Row(
        focus_node=cast(Value, term("focusNode")),
        path=cast(NamedNode | None, term("resultPath")),
        value=cast(Value | None, term("value")),
        component=cast(NamedNode, term("sourceConstraintComponent")),
        source_shape=cast(NamedNode, term("sourceShape")),
        severity=cast(NamedNode, term("resultSeverity")),
    )
