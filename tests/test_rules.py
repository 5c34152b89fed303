"""The rules derive what follows, all of it, and nothing for what is only planned."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from pfgraph.errors import ShapesError
from pfgraph.graph.rules import derive
from pfgraph.namespaces import ID, PF, RDF, RDFS, SH, base_iri, expand, prefixes
from shape_fixtures import ONTOLOGY, triples, valid

DERIVED_TYPES = {
    expand(name) for name in ("pf:OperatingPlatform", "org:OrganizationalCollaboration", "org:ChangeEvent")
}
DERIVED = {PF.coreCity, PF.partnerMunicipality, PF.spansPrefecture, PF.establishedYear}
NAMED_BY_RULE = tuple(f"{ID}{kind}/" for kind in ("participation", "membership"))


def rules() -> frozenset[Triple]:
    """Return the rules as they are shipped."""
    return triples(ONTOLOGY / "rules.ttl")


def turtle(text: str) -> frozenset[Triple]:
    """Return the triples of a text in which every prefix is declared."""
    head = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in prefixes().items())
    quads = parse((f"@base <{base_iri()}> .\n{head}{text}").encode(), RdfFormat.TURTLE)
    return frozenset(Triple(quad.subject, quad.predicate, quad.object) for quad in quads)


def is_derived(triple: Triple) -> bool:
    """Return whether the valid dataset has this only because the rules would derive it."""
    if triple.predicate == RDFS.label:
        return str(triple.subject.value).startswith(NAMED_BY_RULE)  # type: ignore[union-attr]
    return triple.object in DERIVED_TYPES if triple.predicate == RDF.type else triple.predicate in DERIVED


def rule(construct: str) -> frozenset[Triple]:
    """Return one rule, named e:broken, with this query."""
    name = NamedNode("https://example.org/broken")
    return frozenset({Triple(name, RDF.type, SH.SPARQLRule), Triple(name, SH.construct, Literal(construct))})


def test_the_rules_derive_exactly_what_the_valid_dataset_has_by_derivation() -> None:
    """Types, direct properties, prefectures, years and names come back when they are taken out."""
    derived = frozenset(filter(is_derived, valid()))

    assert derive(valid() - derived, rules()) == derived


def test_what_is_derived_already_is_not_derived_again() -> None:
    """Only new triples are returned, so a second time gives none."""
    assert derive(valid(), rules()) == frozenset()


def test_rules_are_applied_until_nothing_is_new() -> None:
    """A membership gives a core city, and that core city in turn a prefecture."""
    said = turtle(
        """area:1 a pf:CoreCityArea . government:2 pf:inPrefecture government:3 .
        <id/membership/1-2> a pf:Membership ; org:organization area:1 ; org:member government:2 ;
            org:role role:core-city ."""
    )

    assert derive(said, rules()) == turtle("area:1 pf:coreCity government:2 ; pf:spansPrefecture government:3 .")


@pytest.mark.parametrize("stage", ["planned", "considered", "concept"])
def test_nothing_is_derived_for_what_does_not_exist(stage: str) -> None:
    """A plan gets no type of a vocabulary that speaks of facts."""
    said = turtle(
        f"""platform:1 a pf:Platform ; pf:platformStatus stage:{stage} .
        <id/change/1> a pf:Change ; pf:stage stage:{stage} ."""
    )

    assert derive(said, rules()) == frozenset()


@pytest.mark.parametrize("date", ['"2022"^^xsd:gYear', '"2022-02"^^xsd:gYearMonth', '"2022-02-03"^^xsd:date'])
def test_the_year_of_establishment_is_derived_at_any_precision(date: str) -> None:
    """Dates of differing precision can be sorted by their year."""
    assert derive(turtle(f"body:1 pf:established {date} ."), rules()) == turtle("body:1 pf:establishedYear 2022 .")


def test_a_fiscal_year_gives_the_year_only_without_a_date() -> None:
    """February 2022 lies in FY2021, and its year is 2022 all the same."""
    said = turtle(
        """fy:2021 dcterms:identifier "2021" . body:1 pf:establishedFiscalYear fy:2021 .
        body:2 pf:establishedFiscalYear fy:2021 ; pf:established "2022-02"^^xsd:gYearMonth ."""
    )

    assert derive(said, rules()) == turtle("body:1 pf:establishedYear 2021 . body:2 pf:establishedYear 2022 .")


def test_an_unreadable_date_gives_no_year() -> None:
    """What the shapes will report is not guessed at."""
    assert derive(turtle('body:1 pf:established "令和4年" .'), rules()) == frozenset()


def test_a_given_name_is_kept() -> None:
    """A participation that has a name gets no second one."""
    name = Literal("二度目の参加", language="ja")
    participation = ID["participation/2023/312011"]
    labels = {t for t in valid() if t.subject == participation and t.predicate == RDFS.label}
    said = (valid() - labels) | {Triple(participation, RDFS.label, name)}

    assert not any(t.subject == participation for t in derive(said, rules()))


def test_every_rule_says_what_it_does_in_both_languages() -> None:
    """A rule has a label and a description in Japanese and in English."""
    named = [t.subject for t in rules() if t.object == SH.SPARQLRule]
    said = {(t.subject, t.predicate, t.object.language) for t in rules() if isinstance(t.object, Literal)}
    needed = {(node, p, lang) for node in named for p in (RDFS.label, SH.description) for lang in ("ja", "en")}

    assert len(named) >= 5
    assert needed - said == set()


@pytest.mark.parametrize(
    "construct",
    [
        "CONSTRUCT { ?s ?p } WHERE { ?s ?p ?o }",
        "SELECT ?s WHERE { ?s ?p ?o }",
        "CONSTRUCT { ?s <https://example.org/p> [] } WHERE { ?s ?p ?o }",
    ],
    ids=["no-sparql", "no-construct", "blank-nodes"],
)
def test_a_rule_that_cannot_be_used_is_refused_by_its_name(construct: str) -> None:
    """Not SPARQL, no CONSTRUCT, or one that would make new blank nodes for ever."""
    with pytest.raises(ShapesError, match=r"example\.org/broken"):
        derive(turtle("body:1 a pf:CoordinationBody ."), rule(construct))
