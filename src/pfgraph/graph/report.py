"""The validation report: what a person is told, by file and row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby
from typing import Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, serialize

from pfgraph.graph.shacl import Value
from pfgraph.messages import Message, Text
from pfgraph.namespaces import RDF, SH, XSD, prefixes
from pfgraph.sources.origins import Origin


class Severity(Enum):
    """How bad a result is; only a violation keeps data from being published."""

    VIOLATION = "Violation"
    WARNING = "Warning"
    INFO = "Info"

    @classmethod
    def of(cls, iri: NamedNode) -> Severity:
        """Return the severity SHACL names by this IRI; a severity of someone else's counts as a violation."""
        return next((severity for severity in cls if severity.iri == iri), cls.VIOLATION)

    @property
    def iri(self) -> NamedNode:
        """The IRI SHACL gives it."""
        return SH[self.value]

    @property
    def title(self) -> Text:
        """What it is called in a report."""
        return _TITLES[self]


_TITLES = {
    Severity.VIOLATION: Text("違反", "violation"),
    Severity.WARNING: Text("警告", "warning"),
    Severity.INFO: Text("情報", "note"),
}


@dataclass(frozen=True)
class Result:
    """One thing that is wrong: where, what was found, and what to do about it.

    `check` is the number of the check (S05) if it has one; `focus` and `found` are the focus node and the
    value as a person knows them; `origin` is where the value was read, or else the focus node.
    """

    focus_node: Value
    path: NamedNode | None
    value: Value | None
    component: NamedNode
    source_shape: NamedNode
    severity: Severity
    message: Text
    focus: Text
    check: str = ""
    found: Text | None = None
    origin: Origin | None = None

    def to_text(self, lang: str) -> str:
        """Return the result as one line: file, row and column, what to do, what was found, and of what."""
        told = self.found is None or self.found.in_language(lang) in self.message.in_language(lang)
        found = None if told else self.found
        origin = self.origin
        where = Text(origin.to_text("ja"), origin.to_text("en")) if origin else self.focus
        line = Message(self.message, where=where, found=found)
        kind = f"{self.severity.title.in_language(lang)} {self.check}".rstrip()
        about = self.focus.in_language(lang)
        return f"{line.ja}（{kind}、{about}）" if lang == "ja" else f"{line.en} ({kind}, {about})"

    def fields(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {
            "severity": self.severity.value,
            "check": self.check,
            "message": self.message._asdict(),
            "where": None if self.origin is None else _where(self.origin),
            "focusNode": self.focus_node.value,
            "focus": self.focus._asdict(),
            "path": None if self.path is None else self.path.value,
            "value": None if self.value is None else _value(self.value),
            "found": None if self.found is None else self.found._asdict(),
            "component": self.component.value,
            "sourceShape": self.source_shape.value,
        }


@dataclass(frozen=True)
class Report:
    """All results of one validation, sorted by focus node."""

    results: tuple[Result, ...] = ()

    def count(self, severity: Severity) -> int:
        """Return how many results are of one severity."""
        return sum(result.severity is severity for result in self.results)

    @property
    def conforms(self) -> bool:
        """Whether nothing is violated; warnings do not count."""
        return not self.count(Severity.VIOLATION)

    def to_text(self, lang: str) -> str:
        """Return a line for each result, by file and row, an empty line between files, then the count."""
        files = groupby(sorted(self.results, key=_place), key=lambda result: _place(result)[:2])
        blocks = ["\n".join(result.to_text(lang) for result in results) for _, results in files]
        return "\n\n".join([*blocks, self._summary().in_language(lang)])

    def _summary(self) -> Text:
        counted = [(self.count(s), s.title) for s in Severity if self.count(s) or s is not Severity.INFO]
        ja = "、".join(f"{title.ja} {count} 件" for count, title in counted)
        en = ", ".join(f"{count} {title.en}{'s' if count != 1 else ''}" for count, title in counted)
        if self.conforms:
            return Text(f"形状に適合しています（{ja}）。", f"The data conform to the shapes ({en}).")
        return Text(f"形状に適合していません（{ja}）。", f"The data do not conform to the shapes ({en}).")

    def to_turtle(self) -> str:
        """Return a `sh:ValidationReport`; its `sh:conforms` disregards warnings, as `conforms` does."""
        used = {prefix: ns for prefix, ns in prefixes().items() if prefix in {"sh", "xsd", "pf", "pfsh"}}
        text = serialize(self._triples(), format=RdfFormat.TURTLE, prefixes=used)
        return cast(bytes, text).decode()  # None only where it writes to a file

    def _triples(self) -> Iterator[Triple]:
        report = BlankNode("report")
        yield Triple(report, RDF.type, SH.ValidationReport)
        yield Triple(report, SH.conforms, Literal(str(self.conforms).lower(), datatype=XSD.boolean))
        for number, result in enumerate(self.results):
            node = BlankNode(f"result{number}")
            yield Triple(report, SH.result, node)
            yield from _described(node, result)

    def to_json(self) -> str:
        """Return the report as a JSON object."""
        counts = {severity.value: self.count(severity) for severity in Severity}
        results = [result.fields() for result in self.results]
        return json.dumps(
            {"conforms": self.conforms, "counts": counts, "results": results}, ensure_ascii=False, indent=2
        )


def _place(result: Result) -> tuple[bool, str, int, tuple[str, ...]]:
    """Return what results are sorted by: file and line, then those of no file."""
    origin = result.origin
    file, line = (origin.file, origin.line or 0) if origin else ("", 0)
    return (origin is None, file, line, (str(result.focus_node), result.check, str(result.path)))


def _described(node: BlankNode, result: Result) -> Iterator[Triple]:
    yield Triple(node, RDF.type, SH.ValidationResult)
    yield Triple(node, SH.focusNode, result.focus_node)
    if result.path is not None:
        yield Triple(node, SH.resultPath, result.path)
    if result.value is not None:
        yield Triple(node, SH.value, result.value)
    yield Triple(node, SH.resultSeverity, result.severity.iri)
    yield Triple(node, SH.sourceConstraintComponent, result.component)
    yield Triple(node, SH.sourceShape, result.source_shape)
    for lang, words in result.message._asdict().items():
        yield Triple(node, SH.resultMessage, Literal(words, language=lang))


def _where(origin: Origin) -> dict[str, Any]:
    column = None if origin.column is None else origin.column._asdict()
    return {"file": origin.file, "line": origin.line, "column": column}


def _value(term: Value) -> dict[str, str]:
    """Return a term as SPARQL 1.1 Query Results JSON writes it."""
    if not isinstance(term, Literal):
        return {"type": "uri" if isinstance(term, NamedNode) else "bnode", "value": term.value}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    return {"type": "literal", "value": term.value, "datatype": term.datatype.value}


def read(text: str | bytes) -> Report:
    """Return the report that `to_json` wrote."""
    return Report(tuple(_result(fields) for fields in json.loads(text)["results"]))


def _result(fields: dict[str, Any]) -> Result:
    def text(name: str) -> Text | None:
        return None if fields[name] is None else Text(**fields[name])

    place = fields["where"]
    column = None if place is None or place["column"] is None else Text(**place["column"])
    message, focus = text("message"), text("focus")
    assert message is not None  # to_json writes both
    assert focus is not None
    return Result(
        focus_node=_node(fields["focusNode"]),
        path=None if fields["path"] is None else cast(NamedNode, _node(fields["path"])),
        value=None if fields["value"] is None else _term(fields["value"]),
        component=NamedNode(fields["component"]),
        source_shape=cast(NamedNode, _node(fields["sourceShape"])),
        severity=Severity(fields["severity"]),
        message=message,
        focus=focus,
        check=fields["check"],
        found=text("found"),
        origin=None if place is None else Origin(place["file"], place["line"], column),
    )


def _node(value: str) -> Value:
    """Return a node of which a report only says the value: an IRI, unless it cannot be one."""
    for kind in (NamedNode, BlankNode):
        try:
            return kind(value)
        except ValueError:
            continue
    return Literal(value)


def _term(written: dict[str, str]) -> Value:
    """Return the term that SPARQL 1.1 Query Results JSON writes so."""
    value = written["value"]
    if written["type"] != "literal":
        return NamedNode(value) if written["type"] == "uri" else BlankNode(value)
    if "xml:lang" in written:
        return Literal(value, language=written["xml:lang"])
    return Literal(value, datatype=NamedNode(written["datatype"]))
