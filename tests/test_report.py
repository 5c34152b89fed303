"""A report is read by an officer as text, and by machines as JSON and as SHACL's own Turtle."""

from __future__ import annotations

import json

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from pfgraph.graph.report import Report, Result, Severity
from pfgraph.graph.validation import validate
from pfgraph.messages import Text
from pfgraph.namespaces import ID, PF, PFSH, SH, XSD
from pfgraph.sources.origins import Origin
from shape_fixtures import breaking, shapes, valid

TABLE = "data/tables/initiatives.csv"
STAGE = Text("段階", "Stage")
PLANNED = ID["concept/stage/planned"]


def result(severity: Severity = Severity.VIOLATION, origin: Origin | None = None, name: str = "a") -> Result:
    """Return a result to put into a report."""
    return Result(
        focus_node=NamedNode(f"https://example.org/{name}"),
        path=PF.stage,
        value=PLANNED,
        component=SH.ClassConstraintComponent,
        source_shape=PFSH["Initiative-stage"],
        severity=severity,
        message=Text("段階は1つ選んでください。", "Choose one stage."),
        focus=Text(f"取組{name}", f"Initiative {name}"),
        check="S32",
        found=Text("予定", "Planned"),
        origin=origin,
    )


def test_a_line_says_file_row_column_what_to_do_and_what_was_found() -> None:
    """An officer reads where, what to do, what was found, which check, and of what."""
    line = result(origin=Origin(TABLE, 12, STAGE))

    assert line.to_text("ja") == (f"{TABLE}:12（段階）: 段階は1つ選んでください。 実際の値: 予定。（違反 S32、取組a）")
    assert line.to_text("en") == (
        f"{TABLE}:12 (Stage): Choose one stage. Found: Planned. (violation S32, Initiative a)"
    )


def test_results_are_told_by_file_and_row() -> None:
    """Lines of one file stand together in the order of its rows, with an empty line between files."""
    places = [Origin("b.csv", 3), Origin("a.csv", 10), None, Origin("a.csv", 9), Origin("b.csv", 2)]
    text = Report(tuple(result(origin=place) for place in places)).to_text("en")

    starts = [line.split(" ")[0] for line in text.splitlines()]
    assert starts == ["a.csv:9:", "a.csv:10:", "", "b.csv:2:", "b.csv:3:", "", "Initiative", "", "The"]


def test_the_last_line_counts() -> None:
    """The report ends with how many violations and warnings there are."""
    report = Report((result(), result(name="b"), result(Severity.WARNING)))

    assert report.to_text("ja").endswith("形状に適合していません（違反 2 件、警告 1 件）。")
    assert report.to_text("en").endswith("The data do not conform to the shapes (2 violations, 1 warning).")


def test_an_empty_report_says_that_the_data_conform() -> None:
    """Nothing found is said in a sentence, too."""
    assert Report().to_text("ja") == "形状に適合しています（違反 0 件、警告 0 件）。"


def test_only_a_violation_keeps_data_from_conforming() -> None:
    """Warnings and notes conform."""
    assert Report((result(Severity.WARNING), result(Severity.INFO))).conforms
    assert not Report((result(Severity.WARNING), result())).conforms


def test_a_severity_of_someone_else_is_a_violation() -> None:
    """What is not known to be harmless is taken seriously."""
    assert Severity.of(NamedNode("https://example.org/Catastrophe")) is Severity.VIOLATION


def test_turtle_is_a_validation_report() -> None:
    """The report can be read back as SHACL's own, with each result once and both messages."""
    patch = next(fixture for fixture in breaking() if fixture.name == "Initiative-stage-two")
    report = validate(patch.applied(valid()), shapes())
    told = [
        Triple(quad.subject, quad.predicate, quad.object)
        for quad in parse(report.to_turtle().encode(), RdfFormat.TURTLE)
    ]

    assert sum(t.object == SH.ValidationReport for t in told) == 1
    assert sum(t.predicate == SH.result for t in told) == len(report.results)
    assert [t.object for t in told if t.predicate == SH.sourceShape] == [PFSH["Initiative-stage"]]
    assert {t.object.language for t in told if t.predicate == SH.resultMessage} == {"ja", "en"}  # type: ignore[union-attr]
    assert Literal(False) in [t.object for t in told if t.predicate == SH.conforms]


def test_json_says_the_same_to_a_machine() -> None:
    """Counts, and for each result its place, check, value and words."""
    told = json.loads(Report((result(origin=Origin(TABLE, 12, STAGE)),)).to_json())

    assert told["conforms"] is False
    assert told["counts"] == {"Violation": 1, "Warning": 0, "Info": 0}
    assert told["results"][0]["where"] == {"file": TABLE, "line": 12, "column": {"ja": "段階", "en": "Stage"}}
    assert told["results"][0]["value"] == {"type": "uri", "value": PLANNED.value}
    assert told["results"][0]["check"] == "S32"


@pytest.mark.parametrize(
    ("term", "told"),
    [
        (Literal("市", language="ja"), {"type": "literal", "value": "市", "xml:lang": "ja"}),
        (Literal(7), {"type": "literal", "value": "7", "datatype": XSD.integer.value}),
    ],
)
def test_json_writes_a_literal_as_sparql_results_do(term: Literal, told: dict[str, str]) -> None:
    """A value keeps its language or datatype."""
    one = Result(
        **{**result().__dict__, "value": term},
    )

    assert one.fields()["value"] == told
