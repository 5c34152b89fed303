"""What harvesters and editors look for: the catalogue, VoID in three places, prefixes, examples."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pyshacl
import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store, Triple, parse
from rdflib import Graph, URIRef

from pfgraph.namespaces import (
    DCAT,
    DCTERMS,
    FOAF,
    PREFIXES_FILE,
    PROV,
    RDF,
    VOID,
    Namespace,
    base_iri,
    prefixes,
    read_prefixes,
    shipped_sources,
)
from sites import Client, publish_shipped
from writing import writable

SHAPES = Path(__file__).parent / "dcat-ap.ttl"
DATASET = NamedNode(f"{base_iri()}dataset")
SPDX, HYDRA = Namespace("spdx"), Namespace("hydra")
MANDATORY = [
    (DCAT.Catalog, DCTERMS.title),
    (DCAT.Catalog, DCTERMS.description),
    (DCAT.Catalog, DCTERMS.publisher),
    (DCAT.Dataset, DCTERMS.title),
    (DCAT.Dataset, DCTERMS.description),
    (DCAT.Distribution, DCAT.accessURL),
    (DCAT.DataService, DCAT.endpointURL),
    (DCAT.DataService, DCTERMS.title),
    (FOAF.Agent, FOAF.name),
    (SPDX.Checksum, SPDX.checksumValue),
]


def triples(client: Client, address: str) -> set[Triple]:
    """Return the graph at an address."""
    response = client.get(address, "text/turtle")
    assert response.status_code == 200
    return {quad.triple for quad in parse(response.content, RdfFormat.TURTLE)}


def rows(client: Client, query: str) -> list[dict[str, str]]:
    """Return what the endpoint answers to a SELECT."""
    response = client.get("/sparql", "application/sparql-results+json", params={"ac": "1", "query": query})
    assert response.status_code == 200
    bindings: list[dict[str, Any]] = response.json()["results"]["bindings"]
    return [{name: term["value"] for name, term in row.items()} for row in bindings]


@pytest.fixture(scope="module")
def catalogue(shipped: Client) -> Graph:
    """Return the catalogue as rdflib reads it, once the dumps are made and it has their digests."""
    assert shipped.get("/dumps/current").status_code == 200
    return Graph().parse(data=shipped.get("/catalog.ttl").content, format="turtle")


# pySHACL still asks rdflib for what it calls deprecated.
REFERENCE = pytest.mark.filterwarnings("ignore::DeprecationWarning")

# ---- DCAT


@REFERENCE
def test_the_catalogue_has_what_dcat_ap_demands(catalogue: Graph) -> None:
    """The catalogue conforms to the mandatory properties and the cardinalities of DCAT-AP 3."""
    conforms, _, text = pyshacl.validate(catalogue, shacl_graph=str(SHAPES))

    assert conforms, text


@REFERENCE
@pytest.mark.parametrize(("kind", "predicate"), MANDATORY)
def test_what_dcat_ap_demands_is_missed(catalogue: Graph, kind: NamedNode, predicate: NamedNode) -> None:
    """Taking a mandatory property from one thing of a class is found: the check above can fail."""
    broken = Graph()
    broken += catalogue
    node = min(broken.subjects(URIRef(RDF.type.value), URIRef(kind.value)), key=str)
    broken.remove((node, URIRef(predicate.value), None))

    assert pyshacl.validate(broken, shacl_graph=str(SHAPES))[0] is False


def test_the_catalogue_lists_every_source_file(shipped: Client) -> None:
    """Each dataset that the data's own catalogue describes is in the catalogue, with a way to get it."""
    said = triples(shipped, "/catalog")
    listed = {t.object for t in said if t.predicate == DCAT.dataset}
    described = {t.subject for t in triples(shipped, "/graph/data/catalog") if t.object == DCAT.Dataset}
    offered = {t.subject for t in said if t.predicate == DCAT.distribution}

    assert described <= listed & offered


def test_every_download_is_there(shipped: Client) -> None:
    """Each downloadURL on this host answers, and each of ours under its own name does so under this host."""
    said = triples(shipped, "/catalog")
    addresses = {t.object.value for t in said if t.predicate == DCAT.downloadURL and isinstance(t.object, NamedNode)}
    paths = {each.replace(base_iri(), "http://test/") for each in addresses}

    assert {path: status for path in paths if (status := shipped.get(path).status_code) not in {200, 307}} == {}


def test_the_catalogue_names_the_release(shipped: Client) -> None:
    """Which release this is, is said where it is served, and is a version of the dataset."""
    release = shipped.app.site.release()
    said = triples(shipped, "/catalog")

    assert Triple(DATASET, DCAT.version, Literal(release.id)) in said
    assert Triple(DATASET, DCAT.hasVersion, NamedNode(f"{base_iri()}releases/{release.id}")) in said


def test_the_release_does_not_name_itself(shipped: Client) -> None:
    """The metadata within a release hold neither its id nor a clock: the id is the digest of them."""
    release = shipped.app.site.release()
    lines = [str(quad) for quad in Store.read_only(str(release.store_path))]

    assert [line for line in lines if release.id in line or release.manifest.created[:10] + "T" in line] == []


# ---- VoID, in the places where SPARQLES looks


@pytest.mark.parametrize("address", ["/.well-known/void", "/sparql"])
def test_void_is_where_it_is_looked_for(shipped: Client, address: str) -> None:
    """The well-known address and the endpoint's own address describe the dataset and name this endpoint."""
    said = triples(shipped, address)

    assert Triple(DATASET, RDF.type, VOID.Dataset) in said
    assert Triple(DATASET, VOID.sparqlEndpoint, NamedNode("http://test/sparql")) in said
    assert {VOID.triples, VOID.vocabulary, VOID.dataDump, VOID.exampleResource, VOID.uriSpace} <= {
        t.predicate for t in said if t.subject == DATASET
    }


def test_void_is_in_the_endpoint(shipped: Client) -> None:
    """The endpoint itself is asked for its description, without GRAPH and by its own name."""
    query = (
        f"PREFIX void: <{VOID}> SELECT DISTINCT ?dataset WHERE {{ ?dataset a void:Dataset ;"
        f" void:sparqlEndpoint <{base_iri()}sparql> ; void:triples ?n }}"
    )

    assert rows(shipped, query) == [{"dataset": DATASET.value}]


def test_example_resources_are_there(shipped: Client) -> None:
    """What VoID gives as examples has documents."""
    examples = [t.object for t in triples(shipped, "/.well-known/void") if t.predicate == VOID.exampleResource]
    paths = [each.value.replace(f"{base_iri()}id/", "/doc/") for each in examples if isinstance(each, NamedNode)]

    assert paths
    assert {shipped.get(path).status_code for path in paths} == {200}


def test_linksets_are_what_counting_gives(shipped: Client) -> None:
    """Each linkset's number of links is what the endpoint counts from our things into the other space."""
    linksets = rows(
        shipped,
        f"PREFIX void: <{VOID}> SELECT ?p ?space ?n WHERE {{ ?l a void:Linkset ; void:linkPredicate ?p ;"
        " void:objectsTarget/void:uriSpace ?space ; void:triples ?n }",
    )
    counted = [
        rows(
            shipped,
            f'SELECT (COUNT(*) AS ?n) {{ ?s <{each["p"]}> ?o FILTER(ISIRI(?o) && STRSTARTS(STR(?o), "{each["space"]}")'
            f' && STRSTARTS(STR(?s), "{base_iri()}id/")) }}',
        )[0]["n"]
        for each in linksets
    ]

    assert {each["space"] for each in linksets} >= {prefixes()["wd"]}
    assert [each["n"] for each in linksets] == counted


def test_vocabularies_are_those_spoken(shipped: Client) -> None:
    """VoID names our vocabulary and those the things are described with, and none that is not used."""
    query = f"PREFIX void: <{VOID}> SELECT ?v WHERE {{ <{DATASET.value}> void:vocabulary ?v }}"
    spoken = {row["v"] for row in rows(shipped, query)}

    assert {prefixes()[name] for name in ("pf", "org", "skos", "oa")} <= spoken
    assert str(HYDRA) not in spoken


@REFERENCE
@pytest.mark.parametrize("form", ["text/turtle", "application/ld+json", "application/n-triples"])
def test_a_release_tells_how_it_came_about(shipped: Client, form: str) -> None:
    """The document about a release says when it was made, and from which named graphs (PROV)."""
    release = shipped.app.site.release()
    graph = Graph().parse(data=named(shipped, f"/releases/{release.id}", form), format=form)
    making = next(graph.objects(URIRef(f"{base_iri()}releases/{release.id}"), URIRef(PROV.wasGeneratedBy.value)))

    assert {str(each) for each in graph.objects(making, URIRef(PROV.used.value))} == {*release.manifest.graphs}
    assert str(next(graph.objects(making, URIRef(PROV.endedAtTime.value)))).startswith(release.manifest.created[:10])


def named(client: Client, address: str, form: str) -> bytes:
    """Return a document, its context in it where it has one."""
    content = client.get(address, form).content
    if form != "application/ld+json":
        return content
    document = json.loads(content)
    return json.dumps(document | client.get(document["@context"]).json()).encode()


# ---- what query editors ask (the conventions of sparql-examples and of editors built on them)


def test_an_editor_finds_the_prefixes(shipped: Client) -> None:
    """Asked for sh:prefix and sh:namespace, the endpoint has every declared prefix once."""
    query = (
        "PREFIX sh: <http://www.w3.org/ns/shacl#>\n"
        "SELECT DISTINCT ?prefix ?namespace WHERE { [] sh:namespace ?namespace ; sh:prefix ?prefix } ORDER BY ?prefix"
    )
    found = [(row["prefix"], row["namespace"]) for row in rows(shipped, query)]

    assert found == sorted(read_prefixes(shipped_sources() / PREFIXES_FILE).items())


def test_an_editor_finds_the_examples(shipped: Client) -> None:
    """Each canned query is an example with its text, and with comments in Japanese and in English."""
    query = (
        "PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "SELECT DISTINCT ?sq ?comment (LANG(?comment) AS ?lang) ?query WHERE { ?sq a sh:SPARQLExecutable ;"
        " rdfs:comment ?comment ; sh:select|sh:ask|sh:construct|sh:describe ?query } ORDER BY ?sq"
    )
    found = {(row["sq"].rpartition("/")[2], row["lang"]) for row in rows(shipped, query)}

    assert found == {(name, lang) for name in shipped.app.site.release().queries() for lang in ("ja", "en")}


def test_an_example_runs_as_it_is(shipped: Client) -> None:
    """The text of every example is a query that the endpoint answers."""
    texts = [query.text for query in shipped.app.site.release().queries().values()]

    assert {shipped.get("/sparql", params={"query": text}).status_code for text in texts} == {200}


def test_an_editor_finds_what_properties_lead_to(shipped: Client) -> None:
    """Class, property and the class or datatype of the value, as completion asks for them, are those in the data."""
    void = (
        "PREFIX void: <http://rdfs.org/ns/void#> PREFIX void-ext: <http://ldf.fi/void-ext#>\n"
        "SELECT DISTINCT ?subjectClass ?prop ?objectClass ?objectDatatype WHERE { { ?cp void:class ?subjectClass ;"
        " void:propertyPartition ?pp . ?pp void:property ?prop . OPTIONAL {"
        " { ?pp void:classPartition [ void:class ?objectClass ] } UNION"
        " { ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] } } } UNION {"
        " ?linkset void:subjectsTarget [ void:class ?subjectClass ] ; void:linkPredicate ?prop ;"
        " void:objectsTarget [ void:class ?objectClass ] } }"
    )
    told = {
        (row["subjectClass"], row["prop"], row.get("objectClass") or row.get("objectDatatype", ""))
        for row in rows(shipped, void)
    }
    store = Store.read_only(str(shipped.app.site.release().store_path))
    data = store.query(
        "SELECT DISTINCT ?c ?p ?o { ?s a ?c ; ?p ?v . OPTIONAL { ?v a ?t }"
        " BIND(IF(ISLITERAL(?v), DATATYPE(?v), ?t) AS ?o) FILTER(BOUND(?o) &&"
        f' STRSTARTS(STR(?s), "{base_iri()}id/")) }}'
    )
    assert isinstance(data, QuerySolutions)

    assert {(row["c"].value, row["p"].value, row["o"].value) for row in data} <= told


def test_an_editor_finds_names_and_numbers_beside_classes_and_properties(shipped: Client) -> None:
    """Asked for the graph, the labels and the comments as well, as newer editors do, the same rows come back named."""
    labels = " ".join(
        f"OPTIONAL {{ ?{name} rdfs:label ?{name}Label }} OPTIONAL {{ ?{name} rdfs:comment ?{name}Comment }}"
        for name in ("subjectClass", "prop")
    )
    query = (
        "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> PREFIX void: <http://rdfs.org/ns/void#>"
        " PREFIX sd: <http://www.w3.org/ns/sparql-service-description#> PREFIX void-ext: <http://ldf.fi/void-ext#>\n"
        "SELECT DISTINCT ?graph ?subjectClass ?prop ?objectClass ?objectDatatype ?triples ?subjectClassLabel"
        " ?subjectClassComment ?propLabel ?propComment WHERE { { OPTIONAL { ?graph sd:graph ?description ."
        " ?description void:classPartition ?cp } ?cp void:class ?subjectClass ; void:propertyPartition ?pp ."
        f" ?pp void:property ?prop . {labels} OPTIONAL {{ ?pp void:triples ?triples }} OPTIONAL {{"
        " { ?pp void:classPartition [ void:class ?objectClass ] } UNION"
        " { ?pp void-ext:datatypePartition [ void-ext:datatype ?objectDatatype ] } } } UNION {"
        " ?linkset void:subjectsTarget [ void:class ?subjectClass ] ; void:linkPredicate ?prop ;"
        " void:objectsTarget [ void:class ?objectClass ] } } ORDER BY ?subjectClass ?objectClass ?triples"
    )
    # An editor gives up after 5 s; here a budget, so that a slow answer is a refusal.
    response = shipped.get("/sparql", "application/sparql-results+json", params={"query": query, "timeout": "5"})
    found = response.json()["results"]["bindings"]
    partitions = {(row["subjectClass"]["value"], row["prop"]["value"]) for row in found}
    counted = {(row["subjectClass"]["value"], row["prop"]["value"]) for row in found if "triples" in row}

    assert response.status_code == 200
    assert (f"{base_iri()}ns#Platform", f"{base_iri()}ns#leadGovernment") in partitions
    assert counted == partitions
    ours = [row for row in found if row["subjectClass"]["value"].startswith(f"{base_iri()}ns#")]
    assert {row["subjectClassLabel"]["xml:lang"] for row in ours} == {"ja", "en"}
    assert all("propLabel" in row for row in ours if row["prop"]["value"].startswith(f"{base_iri()}ns#"))


# ---- after a write


def test_a_write_keeps_the_description(tmp_path: Path) -> None:
    """An update leaves linksets and what properties lead to in place, and keeps the counts what counting gives."""
    publish_shipped(tmp_path)
    with writable(tmp_path) as writer:
        pattern = f"?l <{VOID.triples.value}> ?number FILTER(REGEX(STR(?l), '#(linkset|values)/'))"
        query = f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}"
        before = rows(writer.client, query)
        answer = writer.update("INSERT DATA { GRAPH :new { :a :p :b } }")
        counted = rows(writer.client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        told = rows(writer.client, f"SELECT ?n {{ <{DATASET.value}> <{VOID.triples.value}> ?n }}")

        assert answer.status_code == 200
        assert rows(writer.client, query) == before != [{"n": "0"}]
        assert told == counted


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_the_catalogue_has_a_page(shipped: Client, lang: str) -> None:
    """A reader finds every file with its SHA-256 and every dataset by its title, on a page that is short enough."""
    response = shipped.get(f"/catalog?lang={lang}", "text/html")
    titles = {
        t.object.value
        for t in triples(shipped, "/graph/data/catalog")
        if t.predicate == DCTERMS.title and isinstance(t.object, Literal) and t.object.language == lang
    }
    page = html.unescape(response.text)

    assert {each["name"] for each in shipped.get("/dumps/current").json() if each["sha256"] not in page} == set()
    assert {title for title in titles if title not in page} == set()
    assert len(response.content) < 60 * 1024
