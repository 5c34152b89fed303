"""What a release says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, QuerySolutions, Store

from pfgraph.graph import dataset as datasets
from pfgraph.graph.metadata import with_metadata
from pfgraph.namespaces import GRAPH, prefixes
from pfgraph.sources import tree as trees
from trees import QUERY, write_tree


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return a store with a small dataset and its metadata."""
    tree = trees.read(write_tree(tmp_path))
    store = Store()
    store.bulk_extend(with_metadata(datasets.build(tree), tree).quads())
    return store


def column(store: Store, query: str) -> list[object]:
    """Return the one column of a query's answer."""
    solutions = store.query(query, prefixes=dict(prefixes()))
    assert isinstance(solutions, QuerySolutions)
    return [row[0] for row in solutions]


def pairs(store: Store, query: str) -> set[tuple[str, ...]]:
    """Return the rows of a query's answer."""
    solutions = store.query(query, prefixes=dict(prefixes()))
    assert isinstance(solutions, QuerySolutions)
    return {tuple(map(str, row)) for row in solutions}


def test_the_number_of_triples_is_what_counting_gives(store: Store) -> None:
    """void:triples is COUNT(*) of the default graph, the metadata included."""
    said = column(store, "SELECT ?n { ?d a sd:Dataset ; void:triples ?n }")

    assert said == column(store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")


def test_class_partitions_are_what_counting_gives(store: Store) -> None:
    """Every class has its partition, with its number of instances."""
    said = pairs(store, "SELECT ?c ?n { ?d void:classPartition ?p . ?p void:class ?c ; void:entities ?n }")

    assert said == pairs(store, "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c } GROUP BY ?c")


def test_property_partitions_are_what_counting_gives(store: Store) -> None:
    """Every property has its partition, with its number of triples and of subjects."""
    said = pairs(
        store,
        "SELECT ?p ?n ?s { ?d a sd:Dataset ; void:propertyPartition ?x ."
        " ?x void:property ?p ; void:triples ?n ; void:distinctSubjects ?s }",
    )
    counted = "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?x) AS ?s) { ?x ?p ?o } GROUP BY ?p"

    assert said == pairs(store, counted)


def test_properties_of_a_class_are_what_counting_gives(store: Store) -> None:
    """Within a class, each property its instances have is counted."""
    said = pairs(
        store,
        "SELECT ?c ?p ?n { ?x void:class ?c ; void:propertyPartition ?y . ?y void:property ?p ; void:triples ?n }",
    )

    assert said == pairs(store, "SELECT ?c ?p (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o } GROUP BY ?c ?p")


def test_named_graphs_are_counted(store: Store) -> None:
    """Every named graph is a subset of the dataset, with its number of triples."""
    said = pairs(store, "SELECT ?g ?n { ?d void:subset ?g . ?g a sd:NamedGraph ; void:triples ?n }")

    assert said == pairs(store, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")


def test_queries_are_examples(store: Store) -> None:
    """A query is a sh:SPARQLExecutable with its text."""
    assert column(store, "SELECT ?t { query:platforms a sh:SPARQLExecutable ; sh:select ?t }") == [Literal(QUERY)]


def test_another_query_text_is_another_digest(tmp_path: Path) -> None:
    """What a release serves is part of what its digest is over: a changed query makes a new release."""
    root = write_tree(tmp_path)
    before = with_metadata(datasets.build(trees.read(root)), trees.read(root)).digest()
    (root / "queries" / "platforms.rq").write_text(QUERY.replace("LIMIT 100", "LIMIT 10"), encoding="utf-8")
    tree = trees.read(root)

    assert with_metadata(datasets.build(tree), tree).digest() != before


def test_derived_facts_say_where_they_come_from(store: Store) -> None:
    """graph/derived was derived from the source graphs by an activity that used the rules."""
    query = "SELECT ?r { graph:derived prov:wasGeneratedBy / prov:used ?r }"

    assert column(store, query) == [GRAPH["ontology/rules"]]
