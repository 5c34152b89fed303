"""What the endpoint says of itself is what it does (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, Store, Triple, parse

from pfgraph.namespaces import GRAPH, RDF, RDFS, SD, VOID
from sites import Client, publish, serving

GEOF = "http://www.opengis.net/def/function/geosparql/"
FORMATS, ENTAILMENT = "http://www.w3.org/ns/formats/", "http://www.w3.org/ns/entailment/"
CLASS, SUBCLASS, THING = NamedNode("urn:example:C"), NamedNode("urn:example:D"), NamedNode("urn:example:x")
SHARED = Triple(THING, RDF.type, SUBCLASS)
GRAPHS = {
    GRAPH["data/x"].value: [SHARED, Triple(SUBCLASS, RDFS.subClassOf, CLASS)],
    GRAPH["data/y"].value: [SHARED, Triple(THING, RDFS.label, Literal("x"))],
}
# The media type of each format the description may name, and a query that can be answered in it.
SOLUTIONS, STATEMENTS = "SELECT * { ?s ?p ?o }", "CONSTRUCT WHERE { ?s ?p ?o }"
MEDIA_TYPES = {
    "SPARQL_Results_JSON": ("application/sparql-results+json", SOLUTIONS),
    "SPARQL_Results_XML": ("application/sparql-results+xml", SOLUTIONS),
    "SPARQL_Results_CSV": ("text/csv", SOLUTIONS),
    "SPARQL_Results_TSV": ("text/tab-separated-values", SOLUTIONS),
    "Turtle": ("text/turtle", STATEMENTS),
    "N-Triples": ("application/n-triples", STATEMENTS),
    "N-Quads": ("application/n-quads", STATEMENTS),
    "TriG": ("application/trig", STATEMENTS),
    "RDF_XML": ("application/rdf+xml", STATEMENTS),
    "JSON-LD": ("application/ld+json", STATEMENTS),
}
# The functions of GeoSPARQL 1.1.
_NAMES = """
    area asDGGS asGML asGeoJSON asKML asWKT boundary boundingCircle buffer centroid concaveHull convexHull
    coordinateDimension difference dimension distance ehContains ehCoveredBy ehCovers ehDisjoint ehEquals ehInside
    ehMeet ehOverlap envelope geometryN geometryType getSRID intersection is3D isEmpty isMeasured isSimple length maxX
    maxY maxZ metricArea metricBuffer metricDistance metricLength metricPerimeter minX minY minZ numGeometries perimeter
    rcc8dc rcc8ec rcc8eq rcc8ntpp rcc8ntppi rcc8po rcc8tpp rcc8tppi relate sfContains sfCrosses sfDisjoint sfEquals
    sfIntersects sfOverlaps sfTouches sfWithin spatialDimension symDifference transform union
"""
FUNCTIONS = _NAMES.split()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of an endpoint over two small graphs."""
    home: Path = tmp_path_factory.mktemp("home")
    publish(home, GRAPHS)
    with serving(home) as client:
        yield client


@pytest.fixture(scope="module")
def description(client: Client) -> Store:
    """Return the description as a store."""
    store = Store()
    store.extend(parse(client.get("/sparql", "application/n-triples").content, RdfFormat.N_TRIPLES))
    return store


def objects(description: Store, predicate: NamedNode, subject: NamedNode | None = None) -> set[str]:
    """Return the IRIs, or literals, that a predicate leads to."""
    found = description.quads_for_pattern(subject, predicate, None)
    return {quad.object.value for quad in found if not isinstance(quad.object, Triple)}


def ask(client: Client, query: str) -> httpx.Response:
    """Return the response to a query."""
    return client.get("/sparql", "application/sparql-results+json", params={"query": query})


def rows(client: Client, query: str) -> list[dict[str, str]]:
    """Return the solutions of a query, values only."""
    bindings = ask(client, query).json()["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


# ---- the W3C's service description tests, by their names


@pytest.mark.parametrize("accept", ["text/turtle", "application/rdf+xml", "*/*", None])
def test_returns_rdf(client: Client, accept: str | None) -> None:
    """The endpoint's address, dereferenced, gives RDF."""
    response = client.get("/sparql", accept)
    form = RdfFormat.from_media_type(response.headers["content-type"].partition(";")[0])

    assert form is not None
    assert list(parse(response.content, form))


def test_has_endpoint_triple(client: Client, description: Store) -> None:
    """The description has `sd:endpoint` with the address it was got from."""
    found = list(description.quads_for_pattern(None, SD.endpoint, None))

    assert [quad.object for quad in found] == [NamedNode("http://test/sparql")]
    assert any(description.quads_for_pattern(found[0].subject, RDF.type, SD.Service))


def test_conforms_to_schema(description: Store) -> None:
    """What the vocabulary has a class for is of that class."""
    for predicate, kind in [
        (SD.defaultDataset, SD.Dataset),
        (SD.defaultGraph, SD.Graph),
        (SD.namedGraph, SD.NamedGraph),
        (SD.graph, SD.Graph),
    ]:
        values = {quad.object for quad in description.quads_for_pattern(None, predicate, None)}

        assert values
        assert values <= {quad.subject for quad in description.quads_for_pattern(None, RDF.type, kind)}


# ---- and it is true


def test_every_format_is_served(client: Client, description: Store) -> None:
    """The formats that are named are those in which answers come, all of them and no others."""
    named = {iri.removeprefix(FORMATS) for iri in objects(description, SD.resultFormat)}

    assert named == MEDIA_TYPES.keys()
    for media_type, query in MEDIA_TYPES.values():
        response = client.get("/sparql", media_type, params={"query": query})

        assert response.status_code == 200
        assert response.headers["content-type"].partition(";")[0] == media_type


def test_every_format_served_is_named(client: Client, description: Store) -> None:
    """What a refusal lists as offered is what the description names."""
    kinds = {media_type for media_type, _ in MEDIA_TYPES.values()}
    pages = {"text/html", "application/json", "application/xml", "text/xml"}

    for query in (SOLUTIONS, STATEMENTS):
        offered = client.get("/sparql", "image/png", params={"query": query}).json()["offered"]

        assert set(offered) - pages <= kinds


@pytest.mark.parametrize("name", FUNCTIONS)
def test_extension_functions_are_those_there_are(client: Client, description: Store, name: str) -> None:
    """A function of GeoSPARQL is named if, and only if, the engine knows it."""
    named = GEOF + name in objects(description, SD.extensionFunction)
    response = ask(client, f"SELECT (<{GEOF}{name}>(1) AS ?x) {{}}")

    assert (response.status_code == 200) is named


def test_no_other_function_is_named(description: Store) -> None:
    """Nothing else is named as an extension function."""
    assert objects(description, SD.extensionFunction) <= {GEOF + name for name in FUNCTIONS}


def test_named_graphs_are_those_there_are(client: Client, description: Store) -> None:
    """The named graphs of the description are those a query finds, with as many triples."""
    found = rows(client, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    named = {quad.object for quad in description.quads_for_pattern(None, SD.namedGraph, None)}
    counts = {
        iri.value: next(iter(objects(description, VOID.triples, iri))) for iri in named if isinstance(iri, NamedNode)
    }

    assert counts == {row["g"]: row["n"] for row in found}


def test_the_default_graph_is_the_union(client: Client, description: Store) -> None:
    """The default graph has each triple of the named graphs once, as the feature says, and as many as it says."""
    [default] = [quad.object for quad in description.quads_for_pattern(None, SD.defaultGraph, None)]
    assert isinstance(default, NamedNode)
    [counted] = rows(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    [merged] = rows(client, "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } } }")

    assert SD.UnionDefaultGraph.value in objects(description, SD.feature)
    assert counted == merged == {"n": "3"}
    assert objects(description, VOID.triples, default) == {"3"}


def test_nothing_is_entailed(client: Client, description: Store) -> None:
    """The entailment is simple: what RDFS would conclude is not there."""
    assert objects(description, SD.defaultEntailmentRegime) == {ENTAILMENT + "Simple"}
    assert ask(client, f"ASK {{ {THING} a {CLASS} }}").json()["boolean"] is False
    assert ask(client, f"ASK {{ {THING} a {SUBCLASS} }}").json()["boolean"] is True


def test_the_languages_are_those_of_queries(client: Client, description: Store) -> None:
    """SPARQL 1.0 and 1.1 queries are answered; updates are no language of this endpoint."""
    assert objects(description, SD.supportedLanguage) == {SD.SPARQL10Query.value, SD.SPARQL11Query.value}
    assert ask(client, "SELECT (COUNT(*) AS ?n) { ?s !<urn:x>/<urn:y>* ?o }").status_code == 200
    assert ask(client, "INSERT DATA { <urn:a> <urn:b> 1 }").status_code == 400


def test_federation_and_fetching_are_not_promised(client: Client, description: Store) -> None:
    """Neither SERVICE nor the dereferencing of graphs is among the features, for neither is done."""
    promised = objects(description, SD.feature)

    assert not {SD.BasicFederatedQuery.value, SD.DereferencesURIs.value} & promised
    assert ask(client, "ASK { SERVICE <urn:x> {} }").status_code == 403
    assert ask(client, "ASK FROM <http://127.0.0.1:9/> { ?s ?p ?o }").json()["boolean"] is False


def test_what_describing_gives_is_told(description: Store) -> None:
    """The description says what DESCRIBE gives, in both languages."""
    told = [quad.object for quad in description.quads_for_pattern(None, RDFS.comment, None)]
    found = {term.language for term in told if isinstance(term, Literal) and "DESCRIBE" in term.value}

    assert found == {"ja", "en"}
