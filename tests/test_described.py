"""Graphs as answers: what DESCRIBE gives, which prefixes are declared; and dates are put in order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from isomorphism import same_graph
from pfgraph.namespaces import GRAPH, PF, RDF, RDFS, prefixes
from sites import Client, publish, serving

A, B, C, D = (NamedNode(f"https://w3id.org/pfgraph/id/body/{name}") for name in "abcd")
LABELS = {node: Triple(node, RDFS.label, Literal(node.value[-1], language="en")) for node in (A, B, C)}
TO_B, FROM_C, BESIDE = Triple(A, PF.partner, B), Triple(C, PF.partner, A), Triple(B, PF.partner, C)
X, Y = GRAPH["data/x"].value, GRAPH["data/y"].value
GRAPHS = {X: [TO_B, LABELS[A], LABELS[B]], Y: [FROM_C, BESIDE, LABELS[C]]}
BUDGET = 1000


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of an endpoint over two graphs."""
    home: Path = tmp_path_factory.mktemp("home")
    many = [Triple(NamedNode(f"urn:example:{n}"), RDF.type, PF.Initiative) for n in range(BUDGET + 1)]
    publish(home, {**GRAPHS, GRAPH["data/z"].value: many})
    with serving(home) as client:
        yield client


def graph(client: Client, query: str, **more: str) -> list[Triple]:
    """Return the graph that answers a query."""
    parameters = {"query": query, **{name.replace("_", "-"): value for name, value in more.items()}}
    response = client.get("/sparql", "application/n-triples", params=parameters)
    assert response.status_code == 200, response.text
    return [quad.triple for quad in parse(response.content, RdfFormat.N_TRIPLES)]


def test_describing_goes_both_ways_and_names_the_neighbours(client: Client) -> None:
    """DESCRIBE gives what is said of a resource, what is said with it as object, and the names of all mentioned."""
    assert same_graph(graph(client, f"DESCRIBE {A}"), [TO_B, FROM_C, *LABELS.values()])


def test_what_is_only_an_object_is_described(client: Client) -> None:
    """A resource of which nothing is said is described by what mentions it, however it is written."""
    by_name = f"PREFIX b: <{A.value[:-1]}> DESCRIBE b:a FROM <{Y}>"

    assert same_graph(graph(client, by_name), [FROM_C, LABELS[C]])


def test_a_pattern_may_say_what_is_described(client: Client) -> None:
    """DESCRIBE describes what its pattern finds."""
    found = graph(client, f"DESCRIBE ?x {{ ?x <{PF.partner.value}> {B} }}")

    assert same_graph(found, [TO_B, FROM_C, *LABELS.values()])


@pytest.mark.parametrize("names", [{"default_graph_uri": X}, {}])
def test_describing_stays_within_the_dataset(client: Client, names: dict[str, str]) -> None:
    """What other graphs than those of the dataset say is no part of the description."""
    query = f"DESCRIBE {A}" if names else f"DESCRIBE {A} FROM <{X}>"

    assert same_graph(graph(client, query, **names), [TO_B, LABELS[A], LABELS[B]])


def test_the_protocols_dataset_wins_in_describing_too(client: Client) -> None:
    """`default-graph-uri` wins over FROM."""
    found = graph(client, f"DESCRIBE {A} FROM <{Y}>", default_graph_uri=X)

    assert same_graph(found, [TO_B, LABELS[A], LABELS[B]])


@pytest.mark.parametrize(
    ("form", "pattern"), [("ttl", r"@prefix (\S+):"), ("trig", r"@prefix (\S+):"), ("rdf", r"xmlns:(\S+?)=")]
)
def test_small_graphs_declare_what_they_use(client: Client, form: str, pattern: str) -> None:
    """A small graph declares the prefixes that shorten something in it, and no others of ours."""
    query = f"CONSTRUCT {{ {A} a <{PF.Platform.value}> }} {{}}"
    text = client.get("/sparql", params={"query": query, "format": form}).text

    declared = set(re.findall(pattern, text)) & set(prefixes()) - {"rdf"}

    assert declared == {max((ns, prefix) for prefix, ns in prefixes().items() if A.value.startswith(ns))[1], "pf"}


def test_large_graphs_declare_all(client: Client) -> None:
    """A graph too large to be looked through declares every prefix, and is complete."""
    query = f"CONSTRUCT {{ ?s a ?t }} {{ ?s a ?t FILTER(?t = <{PF.Initiative.value}>) }}"
    response = client.get("/sparql", "text/turtle", params={"query": query})

    assert set(re.findall(r"@prefix (\S+):", response.text)) == set(prefixes())
    assert len(list(parse(response.content, RdfFormat.TURTLE))) == BUDGET + 1


def test_dates_of_the_shipped_data_have_an_order(shipped: Client) -> None:
    """ORDER BY over every date in the data works, years, months and days together."""
    kinds = " || ".join(f"DATATYPE(?date) = xsd:{kind}" for kind in ("date", "dateTime", "gYear", "gYearMonth"))
    query = (
        f"PREFIX xsd: <{prefixes()['xsd']}> SELECT ?s ?p ?date {{ ?s ?p ?date FILTER({kinds}) }} ORDER BY ?date ?s ?p"
    )
    response = shipped.get("/sparql", params={"query": query})
    days = [
        row["date"]["value"]
        for row in response.json()["results"]["bindings"]
        if row["date"]["datatype"].endswith("#date")
    ]

    assert response.status_code == 200
    assert len(days) > 5
    assert days == sorted(days)
