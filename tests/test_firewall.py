"""The fact firewall: nothing that is merely planned becomes a fact of another vocabulary, under OWL 2 RL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

import owlrl
import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Triple
from rdflib import Graph, URIRef
from rdflib import Literal as RdfLiteral

from pfgraph.graph.dataset import build
from pfgraph.graph.vocabulary import BORROWED_FILE, BorrowedTerm, axioms, read_borrowed
from pfgraph.namespaces import GRAPH, OWL, PF, PROV, RDF, RDFS, SKOS, expand, prefixes, shipped_sources
from pfgraph.sources import tree, turtle

ROOT = shipped_sources()
ONTOLOGY = ("ontology/pfgraph.ttl", "ontology/concepts/*.ttl", "ontology/alignments/*.ttl")
EXISTING = expand("stage:existing")
KINDS = (PF.Platform, PF.Change, PF.Initiative, PF.SecretariatAssignment)
# Said of pages and of places, which are never planned; what stands for a state is given below.
OF_WHAT_EXISTS = {PF.fragment, PF.inPrefecture, PF.stage, PF.platformStatus}
# What says where a term or a concept belongs, and nothing of any thing.
REMARKS = {RDFS.isDefinedBy, SKOS.inScheme, SKOS.topConceptOf, SKOS.broader}
HARMLESS = {URIRef(RDFS.Resource.value), URIRef(OWL.Thing.value)}


@cache
def _ontology() -> tuple[Triple, ...]:
    files = chain.from_iterable(sorted(ROOT.glob(pattern)) for pattern in ONTOLOGY)
    readings = (turtle.read(path, path.relative_to(ROOT).as_posix(), prefixes()) for path in files)
    return tuple(triple for reading in readings for triple, _ in reading.statements)


def _relevant(triples: Iterable[Triple]) -> Iterator[BorrowedTerm]:
    """Return the borrowed terms that the triples use, and all that these lead to."""
    borrowed = read_borrowed(ROOT / BORROWED_FILE, str(BORROWED_FILE))
    terms = chain.from_iterable((t.subject, t.predicate, t.object) for t in triples)
    waiting = [term.value for term in set(terms) if isinstance(term, NamedNode)]
    seen: set[str] = set()
    while waiting:
        iri = waiting.pop()
        if iri in borrowed and iri not in seen:
            seen.add(iri)
            yield borrowed[iri]
            classes = chain.from_iterable(borrowed[iri].domain + borrowed[iri].range)
            waiting += [term.value for term in (*borrowed[iri].supers, *classes)]


def _closure(facts: Iterable[Triple]) -> Graph:
    """Return what follows from the facts, the ontology, and the vocabularies it borrows from.

    What a literal says has no part in any type: the ontology's are left out, those of the facts are one.
    """
    about_terms = (t for t in _ontology() if isinstance(t.object, NamedNode) and t.predicate not in REMARKS)
    triples = [*about_terms, *facts]
    graph = Graph()
    for triple in [*triples, *axioms(_relevant(triples))]:
        graph.add((_node(triple.subject), URIRef(triple.predicate.value), _node(triple.object)))
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    return graph


def _node(term: object) -> URIRef | RdfLiteral:
    if isinstance(term, NamedNode | BlankNode):
        return URIRef(term.value)
    assert isinstance(term, Literal)
    return RdfLiteral("")


def _leaks(graph: Graph) -> set[tuple[str, str]]:
    """Return each planned thing with each type it has that is not ours."""
    states = chain.from_iterable(graph.subject_objects(URIRef(p.value)) for p in (PF.stage, PF.platformStatus))
    planned = {thing for thing, state in states if state != URIRef(EXISTING.value)}
    kinds = ((thing, kind) for thing in planned for kind in graph.objects(thing, URIRef(RDF.type.value)))
    return {(str(t), str(kind)) for t, kind in kinds if str(kind) not in PF and kind not in HARMLESS}


def _plans() -> Iterator[Triple]:
    """Return one planned thing of each kind, of which everything is said that may be said of its kind."""
    for kind in KINDS:
        plan = NamedNode(f"{kind.value}-planned")
        state = PF.platformStatus if kind == PF.Platform else PF.stage
        yield Triple(plan, RDF.type, kind)
        yield Triple(plan, state, expand("stage:planned"))
        for prop in _properties_of(kind):
            yield from _say(plan, prop)


def _properties_of(kind: NamedNode) -> list[NamedNode]:
    properties = [t.subject for t in _ontology() if t.object in (OWL.ObjectProperty, OWL.DatatypeProperty)]
    domains = {t.subject: t.object for t in _ontology() if t.predicate == RDFS.domain}
    return [
        prop
        for prop in properties
        if isinstance(prop, NamedNode) and prop not in OF_WHAT_EXISTS and domains.get(prop, kind) == kind
    ]


def _say(plan: NamedNode, prop: NamedNode) -> Iterator[Triple]:
    ranges = [t.object for t in _ontology() if t.subject == prop and t.predicate == RDFS.range]
    if Triple(prop, RDF.type, OWL.DatatypeProperty) in _ontology():
        yield Triple(plan, prop, Literal(""))
    elif ranges == [PF.Platform]:
        yield Triple(plan, prop, NamedNode(f"{PF.Platform.value}-planned"))
    else:
        value = NamedNode(f"{prop.value}-value")
        yield Triple(plan, prop, value)
        yield from (Triple(value, RDF.type, kind) for kind in ranges if isinstance(kind, NamedNode))


def _dataset() -> list[Triple]:
    """Return the facts of the shipped data, and what the rules derive from them."""
    graphs = build(tree.survey(ROOT)[0]).graphs
    facts = [triples for iri, triples in graphs.items() if iri.startswith((GRAPH["data/"].value, GRAPH.derived.value))]
    return list(chain.from_iterable(facts))


@pytest.fixture(scope="module")
def shipped() -> Graph:
    """The closure of the shipped data."""
    return _closure(_dataset())


def test_whatever_is_said_of_a_plan_no_fact_follows() -> None:
    """A planned thing of any kind, with every property it may have, has types of our own only."""
    assert _leaks(_closure(_plans())) == set()


@pytest.mark.parametrize(
    ("term", "relation", "parent"),
    [
        ("pf:Platform", "rdfs:subClassOf", "org:OrganizationalCollaboration"),
        ("pf:Change", "rdfs:subClassOf", "org:ChangeEvent"),
        ("pf:covers", "rdfs:subPropertyOf", "org:linkedTo"),
        ("pf:statedIn", "rdfs:subPropertyOf", "prov:hadPrimarySource"),
        ("pf:membershipCount", "rdfs:domain", "org:Organization"),
        ("pf:changeOf", "rdfs:range", "org:Organization"),
    ],
)
def test_a_naive_alignment_is_found_out(term: str, relation: str, parent: str) -> None:
    """Each alignment that suggests itself, and that would make facts of plans, is seen to do so."""
    naive = Triple(expand(term), expand(relation), expand(parent))

    assert _leaks(_closure([*_plans(), naive]))


def test_an_operating_platform_is_an_organization() -> None:
    """What exists is known to a client that knows only ORG."""
    platform = expand("platform:401005-1")
    graph = _closure([Triple(platform, RDF.type, PF.OperatingPlatform)])

    assert (URIRef(platform.value), URIRef(RDF.type.value), URIRef(expand("org:Organization").value)) in graph


def test_no_plan_in_the_shipped_data_becomes_a_fact(shipped: Graph) -> None:
    """Of the shipped data, with all the rules derive, no planned thing has a type of another vocabulary."""
    assert _leaks(shipped) == set()


def test_the_shipped_data_holds_plans_and_facts(shipped: Graph) -> None:
    """The law above is about something: there are plans, and there are organizations."""
    states = set(shipped.objects(None, URIRef(PF.stage.value)))
    platforms = set(shipped.subjects(URIRef(RDF.type.value), URIRef(PF.OperatingPlatform.value)))

    assert len(states) > 1
    assert platforms


def test_nothing_is_both_an_entity_and_an_activity(shipped: Graph) -> None:
    """PROV keeps the two apart, and so do we."""
    of = {
        kind: set(shipped.subjects(URIRef(RDF.type.value), URIRef(PROV[kind].value))) for kind in ("Entity", "Activity")
    }

    assert of["Entity"] & of["Activity"] == set()


def test_nothing_is_of_a_kind_only_because_a_property_says_so() -> None:
    """The subject and the value of every fact are stated to be what the property's domain and range say."""
    facts = [*_ontology(), *_dataset()]
    kinds = _kinds(facts)
    odd = []
    for end in (RDFS.domain, RDFS.range):
        expected = {t.subject: t.object for t in _ontology() if t.predicate == end}
        for triple in facts:
            node = triple.subject if end == RDFS.domain else triple.object
            if isinstance(node, NamedNode) and triple.predicate in expected:
                odd += [] if expected[triple.predicate] in kinds[node] else [(str(triple), str(end))]

    assert odd == []


def _kinds(facts: Iterable[Triple]) -> dict[object, set[object]]:
    """Return the stated types of each thing, with their superclasses."""
    parents: dict[object, set[object]] = defaultdict(set)
    kinds: dict[object, set[object]] = defaultdict(set)
    for triple in facts:
        if triple.predicate == RDFS.subClassOf:
            parents[triple.subject].add(triple.object)
        if triple.predicate == RDF.type:
            kinds[triple.subject].add(triple.object)
    for stated in kinds.values():
        waiting = list(stated)
        while waiting:
            new = parents[waiting.pop()] - stated
            stated.update(new)
            waiting += new
    return kinds
