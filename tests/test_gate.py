"""The gate: judging what a change can have touched finds what judging everything finds."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from pfgraph.graph import dataset as datasets
from pfgraph.graph import validation
from pfgraph.graph.report import Report
from pfgraph.namespaces import GRAPH, RDF, RDFS, shipped_sources
from pfgraph.publish import gate
from pfgraph.publish.focus import Shapes, Undecidable
from pfgraph.publish.reach import Changes
from pfgraph.releases.pipeline import SHAPES
from pfgraph.sources import tree as trees
from trees import triples

EX = "http://example.org/"
SHAPES_OF_ALL_KINDS = '''
@prefix : <http://example.org/> .
:S1 a sh:NodeShape ; sh:targetClass :A ; sh:property :S1-p , :S1-inverse , :S1-sequence , :S1-class .
:S1-p a sh:PropertyShape ; sh:path :p ; sh:minCount 1 ; sh:maxCount 2 .
:S1-inverse a sh:PropertyShape ; sh:path [ sh:inversePath :q ] ; sh:maxCount 1 .
:S1-sequence a sh:PropertyShape ; sh:path ( :p :q ) ; sh:maxCount 2 ; sh:nodeKind sh:IRI .
:S1-class a sh:PropertyShape ; sh:path :r ; sh:class :B .
:S2 a sh:NodeShape ; sh:targetSubjectsOf :q ; sh:property :S2-node , :S2-or .
:S2-node a sh:PropertyShape ; sh:path :q ; sh:node :N ; sh:severity sh:Warning .
:N a sh:NodeShape ; sh:property :N-p .
:N-p a sh:PropertyShape ; sh:path :p ; sh:minCount 1 .
:S2-or a sh:PropertyShape ; sh:path :r ; sh:or ( [ sh:class :A ] [ sh:hasValue :n0 ] ) .
:S3 a sh:NodeShape ; sh:targetObjectsOf :r ; sh:property :S3-alternative , :S3-disjoint ; sh:not :Bad .
:S3-alternative a sh:PropertyShape ; sh:path [ sh:alternativePath ( :p :q ) ] ; sh:maxCount 2 .
:S3-disjoint a sh:PropertyShape ; sh:path :p ; sh:disjoint :q .
:Bad a sh:NodeShape ; sh:property :Bad-class .
:Bad-class a sh:PropertyShape ; sh:path ( :q :r ) ; sh:minCount 1 ; sh:class :C .
:S4 a sh:NodeShape ; sh:targetClass :C ; sh:closed true ; sh:ignoredProperties ( rdf:type ) ; sh:property :S4-p .
:S4-p a sh:PropertyShape ; sh:path :p ; sh:qualifiedValueShape [ sh:class :A ] ; sh:qualifiedMaxCount 1 .
:S5 a sh:NodeShape ; sh:targetNode :n1 ; sh:property :S5-p .
:S5-p a sh:PropertyShape ; sh:path [ sh:zeroOrOnePath :p ] ; sh:maxCount 2 .
:U1 a sh:NodeShape , sh:SPARQLConstraint ; sh:targetClass :A ; sh:sparql :U1 ;
    sh:select """SELECT $this (:p AS ?path) ?value
        WHERE { $this :p ?value . ?other :p ?value . FILTER(?other != $this) }""" .
:U2 a sh:NodeShape , sh:SPARQLConstraint ; sh:targetSubjectsOf :p ; sh:sparql :U2 ;
    sh:select "SELECT $this WHERE { $this :p ?a . FILTER NOT EXISTS { ?b :q $this . ?b :r ?c } }" .
:U3 a sh:NodeShape , sh:SPARQLConstraint ; sh:targetClass :B ; sh:sparql :U3 ;
    sh:select "SELECT $this ?value WHERE { $this :q/:p ?value . OPTIONAL { ?value :r ?x } FILTER(!BOUND(?x)) }" .
:U4 a sh:NodeShape , sh:SPARQLConstraint ; sh:targetClass :B ; sh:sparql :U4 ;
    sh:select "SELECT $this ?value WHERE { $this :p ?value . FILTER EXISTS { ?any a :C } }" .
:U5 a sh:NodeShape , sh:SPARQLConstraint ; sh:targetSubjectsOf :r ; sh:sparql :U5 ;
    sh:select """SELECT $this (COUNT(?o) AS ?value) WHERE { $this :r ?s . ?s :p|:q ?o }
        GROUP BY $this HAVING (COUNT(?o) > 2)""" .
:U6 a sh:NodeShape , sh:SPARQLConstraint ; sh:targetClass :A ; sh:sparql :U6 ;
    sh:select """SELECT $this ?value WHERE { { $this :q ?value } UNION { ?value :r $this }
        FILTER NOT EXISTS { ?value :p $this } }""" .
'''
NODES = [NamedNode(f"{EX}n{n}") for n in range(6)]
CLASSES = [NamedNode(EX + name) for name in "ABC"]
PROPERTIES = [NamedNode(EX + name) for name in "pqr"]
LITERALS = [Literal("x"), Literal(1)]

facts = st.one_of(
    st.builds(Triple, st.sampled_from(NODES), st.sampled_from(PROPERTIES), st.sampled_from([*NODES, *LITERALS])),
    st.builds(Triple, st.sampled_from(NODES), st.just(RDF.type), st.sampled_from(CLASSES)),
    st.builds(Triple, st.sampled_from(CLASSES), st.just(RDFS.subClassOf), st.sampled_from(CLASSES)),
)
graphs = st.frozensets(facts, max_size=30)
edits = st.frozensets(facts, min_size=1, max_size=4)


def stored(data: frozenset[Triple]) -> Store:
    """Return a store whose default graph is some triples."""
    store = Store()
    store.extend(Quad(t.subject, t.predicate, t.object, DefaultGraph()) for t in data)
    return store


def told(report: Report) -> set[tuple[str, ...]]:
    """Return the results of a report, with their words."""
    found = set()
    for r in report.results:
        # A path of several steps has another blank node in each report.
        path = str(r.path) if isinstance(r.path, NamedNode) else ""
        found.add((str(r.focus_node), path, str(r.value), str(r.source_shape), r.component.value, r.message.en))
    return found


def compared(before: frozenset[Triple], edit: frozenset[Triple], shapes: frozenset[Triple]) -> tuple[Report, Report]:
    """Return the incremental report on an edit (what is there is removed, what is not is added) and the full one."""
    after = before ^ edit
    old, new = stored(before), stored(after)
    verdict = gate.judge(Changes(before - after, after - before, old, new), gate.judge_all(old, shapes), shapes)
    return verdict.report, gate.judge_all(new, shapes)


@cache
def all_kinds() -> frozenset[Triple]:
    """Return shapes of every kind whose reach is known."""
    prefixed = SHAPES_OF_ALL_KINDS.replace("SELECT $this", "PREFIX : <http://example.org/> SELECT $this")
    return frozenset(triples(prefixed))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=graphs, edit=edits)
def test_incremental_is_full(before: frozenset[Triple], edit: frozenset[Triple]) -> None:
    """Over random graphs and edits, the gate finds exactly what judging everything finds."""
    incremental, full = compared(before, edit, all_kinds())

    assert told(incremental) == told(full)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=graphs)
def test_full_is_what_the_engine_finds(data: frozenset[Triple]) -> None:
    """Judging everything here finds the focus nodes and shapes that the SHACL engine finds by itself."""
    shapes = all_kinds()
    ours = {(str(r.focus_node), str(r.source_shape)) for r in gate.judge_all(stored(data), shapes).results}
    engine = {(str(r.focus_node), str(r.source_shape)) for r in validation.validate(data, shapes).results}

    assert ours == engine


@cache
def shipped() -> tuple[frozenset[Triple], frozenset[Triple]]:
    """Return the facts and the shapes of this checkout."""
    dataset = datasets.build(trees.read(shipped_sources()))
    shapes = frozenset().union(*(dataset.graphs[GRAPH[name].value] for name in SHAPES))
    return dataset.default_graph, shapes


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(choices=st.lists(st.tuples(st.booleans(), st.integers(0, 2**30), st.integers(0, 2**30)), min_size=1, max_size=6))
def test_incremental_is_full_on_the_shipped_data(choices: list[tuple[bool, int, int]]) -> None:
    """Removing and crossing facts of ours, the gate finds what judging everything finds."""
    data, shapes = shipped()
    own = sorted((t for t in data if "/id/" in str(t.subject)), key=str)
    edit = set()
    for removes, one, other in choices:
        a, b = own[one % len(own)], own[other % len(own)]
        edit.add(a if removes else Triple(a.subject, b.predicate, b.object))
    incremental, full = compared(data, frozenset(edit), shapes)

    assert told(incremental) == told(full)


def test_only_what_is_touched_is_judged() -> None:
    """A label more concerns one thing and what is named after it, not everything."""
    data, shapes = shipped()
    city = NamedNode("https://w3id.org/pfgraph/id/government/312011")
    more = Triple(city, RDFS.label, Literal("x", language="fr"))
    old, new = stored(data), stored(data | {more})
    verdict = gate.judge(Changes((), (more,), old, new), Report(), shapes)

    assert verdict.judged is not None
    assert verdict.judged < 10
    assert {result.focus_node for result in verdict.report.results} == {city}


@pytest.mark.parametrize(
    "more",
    [
        "pfsh:X a sh:NodeShape ; sh:target [ a sh:SPARQLTarget ] .",
        "pfsh:X a sh:NodeShape ; sh:targetClass pf:X ; sh:property [ sh:path pf:p ; sh:property [ sh:path pf:q ] ] .",
        "pfsh:X a sh:NodeShape , owl:Class .",
        "pfsh:X a sh:NodeShape ; sh:targetClass pf:X ; sh:node pfsh:X .",
    ],
)
def test_shapes_of_unknown_reach_are_judged_in_full(more: str) -> None:
    """Where it cannot be told what a shape looks at, everything is judged."""
    with pytest.raises(Undecidable):
        Shapes(frozenset(triples(more)))
