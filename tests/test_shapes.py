"""The shapes find what they say they find, in both engines, and tell it in both languages."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.graph import shacl
from pfgraph.graph.validation import Severity, validate
from pfgraph.namespaces import DCTERMS, PF, PFSH, RDF, RDFS, SH, prefixes
from pfgraph.sources import turtle
from shape_fixtures import (
    ONTOLOGY,
    Breaking,
    applied,
    breaking,
    checks,
    objects,
    shapes,
    spread,
    triples,
    valid,
)

GROUPS = 6
WARNINGS = {"S10", "S26", "S34", "S36", "S37"}


def said(subject: NamedNode, predicate: NamedNode) -> dict[str, str]:
    """Return a shape's texts by language."""
    found = (t.object for t in shapes() if t.subject == subject and t.predicate == predicate)
    return {term.language or "": term.value for term in found if isinstance(term, Literal)}


def shape(check: str) -> NamedNode:
    """Return the IRI of a check."""
    return PFSH[check]


def is_property(check: str) -> bool:
    """Return whether a check is a property shape."""
    return SH.PropertyShape in objects(shape(check), RDF.type)


def test_the_valid_dataset_conforms() -> None:
    """The dataset that every fixture starts from gives no result at all, not even a warning."""
    assert validate(valid(), shapes()).results == ()


@pytest.mark.parametrize("fixture", breaking(), ids=lambda fixture: fixture.name)
def test_a_fixture_breaks_the_check_it_is_named_after_and_no_other(fixture: Breaking) -> None:
    """A patch gives results of exactly one check: the one its file is named after."""
    rows = shacl.rows(fixture.applied(valid()), shapes(), "shifty")

    assert {row.source_shape for row in rows} == {shape(fixture.check)}


@pytest.mark.parametrize("fixture", breaking(), ids=lambda fixture: fixture.name)
def test_a_fixture_changes_something(fixture: Breaking) -> None:
    """A patch removes only what is there and adds only what is not."""
    assert fixture.remove <= valid()
    assert not fixture.add & valid()


def test_every_check_has_a_fixture_that_breaks_it() -> None:
    """A check that nothing breaks proves nothing."""
    assert checks() - {fixture.check for fixture in breaking()} == set()


@pytest.mark.parametrize("group", range(GROUPS))
def test_both_engines_report_the_same_rows(group: int) -> None:
    """pyshifty and pySHACL agree on every fixture.

    pySHACL takes a second for each dataset, so many are applied at once; one whose check another one hides
    is applied by itself.
    """
    patches = spread(GROUPS)[group]
    rows = agreed_rows(applied(patches, valid()))
    hidden = [patch for patch in patches if shape(patch.check) not in {row.source_shape for row in rows}]

    assert all(agreed_rows(patch.applied(valid())) for patch in hidden)


def agreed_rows(data: frozenset[Triple]) -> list[shacl.Row]:
    """Return the rows of both engines, which are the same."""
    rows = shacl.rows(data, shapes(), "shifty")
    assert rows == shacl.rows(data, shapes(), "pyshacl")
    return rows


def test_the_forty_checks_are_all_there() -> None:
    """S01 to S40 each have a shape."""
    numbers = set(chain.from_iterable(said(shape(check), DCTERMS.identifier).values() for check in checks()))

    assert {f"S{number:02}" for number in range(1, 41)} - numbers == set()


@pytest.mark.parametrize("check", sorted(checks()))
def test_a_check_speaks_both_languages(check: str) -> None:
    """A check has a number, and a name and a message in Japanese and in English."""
    name = SH.name if is_property(check) else RDFS.label

    assert re.fullmatch("S[0-9]{2}", said(shape(check), DCTERMS.identifier)[""])
    assert set(said(shape(check), SH.message)) == {"ja", "en"}
    assert set(said(shape(check), name)) == {"ja", "en"}


@pytest.mark.parametrize("check", sorted(checks()))
def test_a_message_has_the_same_slots_in_both_languages(check: str) -> None:
    """A message names the value in both languages or in neither, and only where SPARQL gives one."""
    slots = {lang: set(re.findall(r"\{[^}]*\}", text)) for lang, text in said(shape(check), SH.message).items()}

    assert slots["ja"] == slots["en"]
    assert slots["ja"] <= ({"{?value}"} if "?value" in said(shape(check), SH.select).get("", "") else set())


def test_a_warning_is_a_shape_of_its_own() -> None:
    """Severity sits on a shape, where both engines heed it, and the warnings are those that were meant."""
    severe = {t.subject for t in shapes() if t.predicate == SH.severity}
    warned = {shape(check) for check in checks() if objects(shape(check), SH.severity) == [SH.Warning]}

    assert severe == warned
    assert {said(node, DCTERMS.identifier)[""] for node in warned} == WARNINGS


def test_a_warning_leaves_the_data_conforming() -> None:
    """What gives only warnings may be published."""
    fixture = next(fixture for fixture in breaking() if fixture.check == "Statement-markerModality")
    report = validate(fixture.applied(valid()), shapes())

    assert [result.severity for result in report.results] == [Severity.WARNING]
    assert report.conforms


@pytest.mark.parametrize("check", sorted(check for check in checks() if is_property(check)))
def test_a_property_can_be_shown_in_a_form(check: str) -> None:
    """A property shape has one path, one place in the order and one group."""
    assert len(objects(shape(check), SH.path)) == 1
    assert len(said(shape(check), SH.order)) == 1
    assert len(objects(shape(check), SH.group)) == 1


def test_no_two_properties_of_a_shape_have_the_same_place() -> None:
    """The order of a form is total."""
    listed = [(t.subject, t.object) for t in shapes() if t.predicate == SH.property]
    places = [(node, said(item, SH.order)[""]) for node, item in listed if said(item, SH.order)]  # type: ignore[arg-type]

    assert [place for place, count in Counter(places).items() if count > 1] == []


def test_shapes_have_no_blank_nodes_but_lists() -> None:
    """What has no name has no page and no diff; only RDF lists are blank."""
    written = [t for t in triples(ONTOLOGY / "shapes.ttl") if isinstance(t.subject, BlankNode)]

    assert {t.predicate for t in written} <= {RDF.first, RDF.rest}


@pytest.mark.parametrize("name", ["shapes.ttl", "rules.ttl"])
def test_the_file_is_canonical(name: str) -> None:
    """The bytes are those that `pfgraph check --fix` would write."""
    reading = turtle.read(ONTOLOGY / name, f"ontology/{name}", prefixes())

    assert reading.errors == ()
    assert reading.text == reading.canonical


def test_shapes_and_rules_speak_only_of_terms_that_exist() -> None:
    """Every pf: term in a shape, a query or a rule is declared in the ontology."""
    declared = {t.subject for t in triples(ONTOLOGY / "pfgraph.ttl") if t.predicate == RDF.type}
    spoken = shapes() | triples(ONTOLOGY / "rules.ttl")
    named = {t.object for t in spoken if isinstance(t.object, NamedNode) and t.object.value in PF}
    queries = {str(t.object) for t in spoken if t.predicate in (SH.select, SH.construct)}
    asked = {PF[local] for query in queries for local in re.findall(r"\bpf:(\w+)", query)}

    assert (named | asked) - declared == set()
