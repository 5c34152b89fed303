"""A report tells an officer where, what was found and what to do; both engines tell the same."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator

import pytest
from pyoxigraph import Literal, RdfFormat, Triple, parse

from pfgraph.errors import EngineUnavailable, ShapesError
from pfgraph.graph import dataset, shacl
from pfgraph.graph.dataset import Dataset
from pfgraph.graph.report import Report
from pfgraph.graph.validation import Engine, validate
from pfgraph.messages import Text
from pfgraph.namespaces import ID, PF, PFSH, RDF, RDFS, SH, XSD, shipped_sources
from pfgraph.sources import tree
from pfgraph.sources.origins import Origin
from shape_fixtures import breaking, shapes, valid

TABLE = "data/tables/initiatives.csv"
STAGE = Text("段階", "Stage")
INITIATIVE = ID["initiative/312011-2023-02"]
EXISTING = ID["concept/stage/existing"]
PLANNED = ID["concept/stage/planned"]
ENGINES: tuple[Engine, ...] = ("shifty", "pyshacl")


def broken(name: str, origins: dict[Triple, Origin] | None = None) -> Report:
    """Return the report on the valid dataset with one patch applied."""
    patch = next(fixture for fixture in breaking() if fixture.name == name)
    return validate(patch.applied(valid()), shapes(), origins=origins)


def turtle(text: str) -> frozenset[Triple]:
    """Return the triples of a text that names sh:, pf: and e:."""
    names = {"sh": str(SH), "pf": str(PF), "xsd": str(XSD), "e": "https://example.org/"}
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in names.items())
    quads = parse((head + text).encode(), RdfFormat.TURTLE)
    return frozenset(Triple(quad.subject, quad.predicate, quad.object) for quad in quads)


# ---- both engines


@pytest.mark.parametrize("name", ["Thing-firewall-inherited-type", "Initiative-stage-two", "Statement-verbatim"])
def test_both_engines_give_the_same_report(name: str) -> None:
    """Not only the rows but every word is the same, whichever engine found them."""
    patch = next(fixture for fixture in breaking() if fixture.name == name)
    data = patch.applied(valid())

    assert validate(data, shapes(), engine="pyshacl") == validate(data, shapes(), engine="shifty")


@pytest.mark.parametrize("engine", ["shifty", "pyshacl"])
def test_a_nested_result_is_no_result_of_its_own(engine: str) -> None:
    """A value that fails a shape inside sh:node is reported once, by the shape a person meets."""
    patch = next(fixture for fixture in breaking() if fixture.name == "Initiative-theme-wrong-scheme")
    rows = shacl.rows(patch.applied(valid()), shapes(), engine)

    assert [row.source_shape for row in rows] == [PFSH["Initiative-theme"]]


@pytest.mark.parametrize("engine", ["shifty", "pyshacl"])
def test_shapes_are_no_data(engine: str) -> None:
    """A shape that targets every typed thing does not find the shapes themselves."""
    asked = turtle("e:Typed a sh:NodeShape ; sh:targetClass sh:NodeShape ; sh:nodeKind sh:Literal .")

    assert shacl.rows(turtle("e:a a pf:Thing ."), asked, engine) == []


@pytest.mark.parametrize("engine", ["shifty", "pyshacl"])
def test_unusable_shapes_are_an_error_that_says_why(engine: str) -> None:
    """A query that is no SPARQL does not pass for a dataset that conforms."""
    asked = turtle('e:S a sh:NodeShape ; sh:targetClass pf:Thing ; sh:sparql e:S ; sh:select "SELECT $this WHERE {{" .')

    with pytest.raises(ShapesError) as raised:
        shacl.rows(turtle("e:a a pf:Thing ."), asked, engine)

    assert raised.value.message.found is not None


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    """The message names the engines one can choose."""
    with pytest.raises(EngineUnavailable) as raised:
        shacl.rows((), (), "jena")

    assert "shifty, pyshacl" in raised.value.en


@pytest.fixture
def no_shifty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process in which pyshifty cannot be imported."""
    shacl._prepared.cache_clear()
    monkeypatch.setitem(sys.modules, "shifty", None)
    yield
    shacl._prepared.cache_clear()


@pytest.mark.usefixtures("no_shifty")
def test_the_reference_engine_works_without_the_fast_one() -> None:
    """Where pyshifty cannot be loaded, asking for it says so, and pySHACL still validates."""
    with pytest.raises(EngineUnavailable):
        validate(valid(), shapes())

    assert validate(valid(), shapes(), engine="pyshacl").conforms


@pytest.mark.parametrize("engine", ["shifty", "pyshacl"])
def test_an_ill_typed_literal_is_reported_and_not_logged(engine: str, caplog: pytest.LogCaptureFixture) -> None:
    """rdflib would log a traceback for a date that is none; the report is enough."""
    data = turtle('e:a pf:since "2022-13-45"^^xsd:date .')
    asked = turtle(
        """e:S a sh:NodeShape ; sh:targetSubjectsOf pf:since ; sh:property e:P .
        e:P sh:path pf:since ; sh:datatype xsd:date ."""
    )
    with caplog.at_level(logging.WARNING):
        rows = shacl.rows(data, asked, engine)

    assert len(rows) == 1
    assert caplog.records == []


# ---- the shipped data


@pytest.fixture(scope="module")
def shipped() -> Dataset:
    """The dataset that the sources of this checkout state."""
    return dataset.build(tree.read(shipped_sources()))


def test_the_shipped_data_conform_without_a_warning(shipped: Dataset) -> None:
    """What is published is what the shapes ask for."""
    assert validate(shipped.default_graph, shapes()).to_text("en") == Report().to_text("en")


def test_both_engines_give_the_same_report_on_the_shipped_data(shipped: Dataset) -> None:
    """One stage is set wrong for each initiative, so that there is much to report and to point at."""
    data, origins = with_stages_turned(shipped)
    reports = [validate(data, shapes(), engine=engine, origins=origins) for engine in ENGINES]

    assert len(reports[0].results) >= 50
    assert reports[0] == reports[1]


def test_every_result_on_the_shipped_data_points_at_a_cell(shipped: Dataset) -> None:
    """An officer who sets a stage wrong is led to its row and column."""
    data, origins = with_stages_turned(shipped)
    results = validate(data, shapes(), origins=origins).results
    turned = [result for result in results if result.check == "S33"]

    assert turned
    assert all(re.match(r"data/tables/initiatives\.csv:\d+（段階）: 段階", r.to_text("ja")) for r in turned)


def with_stages_turned(shipped: Dataset) -> tuple[frozenset[Triple], dict[Triple, Origin]]:
    """Return the shipped data with every plan of a table said to exist and the reverse."""
    data, origins = set(shipped.default_graph), dict(shipped.origins)
    for triple, origin in shipped.origins.items():
        if triple.predicate == PF.stage and origin.file == TABLE:
            turned = Triple(triple.subject, PF.stage, PLANNED if triple.object == EXISTING else EXISTING)
            data.remove(triple)
            data.add(turned)
            origins[turned] = origin
    return frozenset(data), origins


# ---- where


def test_a_result_points_at_the_cell_of_the_offending_value() -> None:
    """The origin of a result is that of the triple whose value is wrong."""
    cell = Origin(TABLE, 12, STAGE)
    report = broken("Thing-stageModality-intention-as-fact", {Triple(INITIATIVE, PF.stage, EXISTING): cell})

    assert [result.origin for result in report.results] == [cell]


def test_a_missing_value_points_at_the_empty_cell() -> None:
    """Row from the type of the focus node, column from where other rows of the file have the property."""
    other = Triple(INITIATIVE, PF.stage, PLANNED)
    row = Triple(ID["initiative/312011-2023-03"], RDF.type, PF.Initiative)
    kind = Text("種別", "Class")
    report = broken("Initiative-stage-missing", {other: Origin(TABLE, 12, STAGE), row: Origin(TABLE, 13, kind)})

    assert [result.origin for result in report.results] == [Origin(TABLE, 13, STAGE)]


def test_a_missing_value_has_no_column_where_two_columns_give_the_property() -> None:
    """Names stand in two columns, so a missing name is not blamed on one of them."""
    town = ID["government/313254"]
    origins = {
        Triple(town, RDF.type, PF.Municipality): Origin(TABLE, 3, Text("種別", "Class")),
        Triple(INITIATIVE, RDFS.label, Literal("勉強会の共同実施", language="ja")): Origin(
            TABLE, 2, Text("名称", "Name")
        ),
        Triple(INITIATIVE, RDFS.label, Literal("Joint study sessions", language="en")): Origin(
            TABLE, 2, Text("名称（英語）", "Name (English)")
        ),
    }

    assert [r.origin for r in broken("Thing-label-missing-english", origins).results] == [Origin(TABLE, 3)]


def test_one_value_too_many_points_at_the_last_of_them() -> None:
    """The value that was added is more likely the wrong one."""
    considered = ID["concept/stage/considered"]
    origins = {
        Triple(INITIATIVE, PF.stage, PLANNED): Origin(TABLE, 12, STAGE),
        Triple(INITIATIVE, PF.stage, considered): Origin(TABLE, 40, STAGE),
    }

    assert [r.origin for r in broken("Initiative-stage-two", origins).results] == [Origin(TABLE, 40, STAGE)]


def test_without_origins_a_result_names_the_thing_instead() -> None:
    """Data that were not read from files are found by their label and IRI."""
    report = broken("Initiative-stage-missing")

    assert report.to_text("en").startswith("Watching over (initiative:312011-2023-03): Choose exactly one stage")


# ---- what it says


def test_a_message_names_the_value_in_both_languages() -> None:
    """{?value} becomes the label and the prefixed name of a thing, in the language of the message."""
    message = broken("Initiative-requestedInArea-outside").results[0].message

    assert "若桜町（government:313254）" in message.ja
    assert "Wakasa Town (government:313254)" in message.en


def test_a_thing_without_a_prefix_is_named_from_our_base() -> None:
    """A key with a slash in it has no prefixed name, and is told without the whole IRI."""
    focus = broken("ProgrammeParticipation-ordinal-zero").results[0].focus

    assert focus.en == "Participation of Kitakyushu City (FY2022) (id/participation/2022/401005)"


def test_a_literal_is_named_as_it_is_written() -> None:
    """A code in a message is the code of the data."""
    message = broken("LocalGovernment-checkDigit-wrong").results[0].message

    assert message.ja.startswith("団体コード 313318 の検査数字")


def test_shapes_without_messages_say_what_was_violated() -> None:
    """The shapes of someone else need no messages of ours."""
    asked = turtle("e:S a sh:NodeShape ; sh:targetClass pf:Thing ; sh:nodeKind sh:Literal .")
    report = validate(turtle("e:a a pf:Thing ."), asked)

    assert report.results[0].message == Text("sh:NodeKindConstraintComponent", "sh:NodeKindConstraintComponent")


def test_a_message_in_one_language_serves_for_both() -> None:
    """Where the shapes speak one language only, their words are kept."""
    asked = turtle(
        """e:S a sh:NodeShape ; sh:targetClass pf:Thing ; sh:nodeKind sh:Literal ;
            sh:message "Only literals."@en ."""
    )

    assert validate(turtle("e:a a pf:Thing ."), asked).results[0].message == Text("Only literals.", "Only literals.")
