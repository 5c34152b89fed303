"""SHACL validation: two engines behind one function, and results that say where they were read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Literal as OneOf

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.graph import shacl
from pfgraph.graph.report import Report, Result, Severity
from pfgraph.graph.shacl import Row, Value
from pfgraph.messages import Text, both
from pfgraph.namespaces import DCTERMS, RDF, RDFS, SH, SKOS, base_iri, compact
from pfgraph.sources.origins import Origin

__all__ = ["Engine", "Report", "Result", "Severity", "validate"]

Engine = OneOf["shifty", "pyshacl"]
_SLOT = re.compile(r"\{[?$](\w+)\}")


def validate(
    data: Iterable[Triple],
    shapes: Iterable[Triple],
    *,
    engine: Engine = "shifty",
    origins: Mapping[Triple, Origin] | None = None,
) -> Report:
    """Return the report of one engine; the shapes include the prefix declarations (`ontology/prefixes.ttl`).

    Both engines give the same results: rows come from the engine, words from the shapes, names from the data.
    """
    facts, asked = tuple(data), tuple(shapes)
    rows = shacl.rows(facts, asked, engine)
    if not rows:
        return Report()
    wording, places = _Wording(facts, asked), _Places(facts, origins or {})
    return Report(tuple(wording.result(row, places.origin(row)) for row in rows))


def worded(rows: Iterable[Row], names: Iterable[Triple], shapes: Iterable[Triple]) -> tuple[Result, ...]:
    """Return rows with their words, the things in them named by the labels among some triples."""
    wording = _Wording(names, shapes)
    return tuple(wording.result(row, None) for row in rows)


class _Wording:
    """What the shapes say about a row, in both languages."""

    def __init__(self, data: Iterable[Triple], shapes: Iterable[Triple]) -> None:
        self._messages: dict[object, dict[str, str]] = {}
        self._checks: dict[object, str] = {}
        self._names: dict[object, dict[str, str]] = {}
        for triple in shapes:
            if triple.predicate == SH.message and isinstance(triple.object, Literal):
                languages = self._messages.setdefault(triple.subject, {})
                languages[triple.object.language or ""] = triple.object.value
            elif triple.predicate == DCTERMS.identifier and isinstance(triple.object, Literal):
                self._checks[triple.subject] = triple.object.value
        for triple in data:
            if triple.predicate in (RDFS.label, SKOS.prefLabel) and isinstance(triple.object, Literal):
                names = self._names.setdefault(triple.subject, {})
                lang, name = triple.object.language or "", triple.object.value
                # Of several names always the same one: the order of triples must not show in a report.
                names[lang] = min(names.get(lang, name), name)

    def result(self, row: Row, origin: Origin | None) -> Result:
        """Return the row with its words."""
        return Result(
            focus_node=row.focus_node,
            path=row.path,
            value=row.value,
            component=row.component,
            source_shape=row.source_shape,
            severity=Severity.of(row.severity),
            message=self._message(row),
            check=self._checks.get(row.source_shape, ""),
            focus=self._name(row.focus_node),
            found=None if row.value is None or row.value == row.focus_node else self._name(row.value),
            origin=origin,
        )

    def _message(self, row: Row) -> Text:
        """Return the shape's message with {?value}, {?this} and {?path} put in; else what was violated."""
        said = self._messages.get(row.source_shape, {})
        fallback = min(said.values(), default=compact(row.component.value))
        terms = {"this": row.focus_node, "path": row.path, "value": row.value}
        names = {name: self._name(term) for name, term in terms.items() if term is not None}

        def filled(lang: str) -> str:
            def name(slot: re.Match[str]) -> str:
                return names[slot[1]].in_language(lang) if slot[1] in names else slot[0]

            return _SLOT.sub(name, said.get(lang, fallback))

        return Text(filled("ja"), filled("en"))

    def _name(self, term: Value) -> Text:
        """Return a literal as it is written, and an IRI as its label and its prefixed or relative name."""
        if isinstance(term, Literal):
            return both(term.value)
        names = self._names.get(term, {})
        short = compact(term.value).removeprefix(base_iri()) if isinstance(term, NamedNode) else str(term)
        if not names:
            return both(short)
        label = Text(*(names.get(lang) or min(names.values()) for lang in ("ja", "en")))
        return Text(f"{label.ja}（{short}）", f"{label.en} ({short})")


class _Places:
    """Where a row's value was read; where its focus node was, if nothing says more."""

    def __init__(self, data: Iterable[Triple], origins: Mapping[Triple, Origin]) -> None:
        self._origins = origins
        self._by_subject: dict[NamedNode | BlankNode, list[Triple]] = {}
        if origins:
            for triple in data:
                if triple in origins:
                    self._by_subject.setdefault(triple.subject, []).append(triple)  # type: ignore[arg-type]

    def origin(self, row: Row) -> Origin | None:
        """Return the origin of the offending triple, else of the focus node's type and the path's column."""
        own = self._by_subject.get(row.focus_node, []) if not isinstance(row.focus_node, Literal) else []
        exact = [t for t in own if t.object == row.value and row.path in (None, t.predicate)]
        on_path = [t for t in own if t.predicate == row.path]
        if exact or on_path:
            # Of too many values the last is the one that was added.
            return max((self._origins[t] for t in exact or on_path), key=_order)
        described = [t for t in own if t.predicate == RDF.type] or own
        if not described:
            return None
        place = min((self._origins[t] for t in described), key=_order)
        return Origin(place.file, place.line, self._columns.get((place.file, row.path)))

    @cached_property
    def _columns(self) -> dict[tuple[str, NamedNode | None], Text | None]:
        """The title of the one column that gives a property in a table; None where several do."""
        columns: dict[tuple[str, NamedNode | None], Text | None] = {}
        for triple, origin in self._origins.items():
            if origin.column is not None:
                key = (origin.file, triple.predicate)
                columns[key] = origin.column if columns.get(key, origin.column) == origin.column else None
        return columns


def _order(origin: Origin) -> tuple[str, int, Text]:
    return (origin.file, origin.line or 0, origin.column or Text("", ""))
