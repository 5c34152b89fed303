"""The endpoint speaks the SPARQL 1.1 Protocol to the letter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode, QueryResultsFormat, RdfFormat, Triple, parse, parse_query_results

from pfgraph.errors import PfgraphError
from pfgraph.namespaces import FOAF, RDF
from pfgraph.web import protocol
from sites import Client, publish, serving

KASEI = "http://kasei.us/2009/09/sparql/data/"
DATA = {f"{KASEI}data{n}.rdf": [Triple(NamedNode(f"{KASEI}data{n}.rdf"), RDF.type, FOAF.Document)] for n in "123"}
DIRECT = {"Content-Type": "application/sparql-query"}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Lend a client of an endpoint over the graphs of the W3C protocol tests."""
    home: Path = tmp_path_factory.mktemp("home")
    publish(home, DATA)
    with serving(home) as client:
        yield client


def data(n: int) -> str:
    """Return the IRI of a graph of the W3C tests."""
    return f"{KASEI}data{n}.rdf"


def types(*numbers: int) -> str:
    """Return a pattern that holds where these graphs are the default graph."""
    return " ".join(f"<{data(n)}> a ?type ." for n in numbers)


def in_graphs(*numbers: int) -> str:
    """Return a pattern that holds where these graphs are named graphs."""
    return " ".join(f"GRAPH ?g{n} {{ <{data(n)}> a ?type }}" for n in numbers)


def address(**parameters: str | list[str]) -> str:
    """Return the endpoint's address with parameters."""
    named = {name.replace("_", "-"): value for name, value in parameters.items()}
    return f"/sparql/?{urlencode(named, doseq=True)}"


def boolean(response: httpx.Response) -> bool:
    """Return the boolean of a successful answer."""
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/sparql-results+json"
    return bool(response.json()["boolean"])


# ---- the W3C's protocol tests for queries, by their names


def test_query_get(client: Client) -> None:
    """A query is asked by GET; a graph that is not there is an empty graph."""
    assert boolean(client.get(address(query="ASK {}", default_graph_uri=data(0))))


def test_query_post_form(client: Client) -> None:
    """A query is asked by a form, its dataset in the address."""
    response = client.request("POST", address(default_graph_uri=data(0)), data={"query": "ASK {}"})

    assert boolean(response)


def test_query_post_direct(client: Client) -> None:
    """A query is the body itself."""
    assert boolean(client.request("POST", "/sparql/", content="ASK {}", headers=DIRECT))


def test_query_dataset_default_graphs_get(client: Client) -> None:
    """Several default graphs are merged."""
    url = address(query=f"ASK {{ {types(1, 2)} }}", default_graph_uri=[data(1), data(2)])

    assert boolean(client.get(url))


def test_query_dataset_default_graphs_post(client: Client) -> None:
    """Several default graphs stand in the address of a query that is the body."""
    url = address(default_graph_uri=[data(1), data(2)])

    assert boolean(client.request("POST", url, content=f"ASK {{ {types(1, 2)} }}", headers=DIRECT))


def test_query_dataset_named_graphs_post(client: Client) -> None:
    """Named graphs stand in the address of a query that is the body."""
    url = address(named_graph_uri=[data(1), data(2)])

    assert boolean(client.request("POST", url, content=f"ASK {{ {in_graphs(1, 2)} }}", headers=DIRECT))


def test_query_dataset_named_graphs_get(client: Client) -> None:
    """Named graphs are parameters of a GET."""
    url = address(query=f"ASK {{ {in_graphs(1, 2)} }}", named_graph_uri=[data(1), data(2)])

    assert boolean(client.get(url))


def test_query_dataset_full(client: Client) -> None:
    """Default and named graphs together are the dataset."""
    url = address(default_graph_uri=data(3), named_graph_uri=[data(1), data(2)])
    query = f"ASK {{ {types(3)} {in_graphs(1, 2)} }}"

    assert boolean(client.request("POST", url, content=query, headers=DIRECT))


def test_query_multiple_dataset(client: Client) -> None:
    """The dataset of the protocol wins over FROM.

    (The W3C's own address for this test percent-encodes the ampersand between the two parameters; what it
    means to send is sent here.)
    """
    url = address(named_graph_uri=[data(1), data(2)])
    query = f"ASK FROM <{data(3)}> {{ {in_graphs(1, 2)} FILTER NOT EXISTS {{ {types(3)} }} }}"

    assert boolean(client.request("POST", url, content=query, headers=DIRECT))


def test_query_content_type_select(client: Client) -> None:
    """A SELECT is answered in a format for solutions."""
    url = address(default_graph_uri=data(0))
    response = client.request("POST", url, content="SELECT (1 AS ?value) {}", headers=DIRECT)

    assert response.json()["results"]["bindings"][0]["value"]["value"] == "1"
    assert response.headers["content-type"] == "application/sparql-results+json"


def test_query_content_type_ask(client: Client) -> None:
    """An ASK is answered in a format for booleans."""
    assert boolean(client.request("POST", address(default_graph_uri=data(0)), content="ASK {}", headers=DIRECT))


@pytest.mark.parametrize("query", ["DESCRIBE <http://example.org/>", "CONSTRUCT { <urn:s> <urn:p> 1 } WHERE {}"])
def test_query_content_type_graph(client: Client, query: str) -> None:
    """A DESCRIBE or CONSTRUCT is answered in a format for graphs."""
    response = client.request("POST", address(default_graph_uri=data(0)), content=query, headers=DIRECT)

    assert response.status_code == 200
    assert response.headers["content-type"] == "text/turtle; charset=utf-8"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_bad_query_method(client: Client, method: str) -> None:
    """Another method is refused, and told which there are."""
    response = client.request(method, address(query="ASK {}"))

    assert response.status_code == 405
    assert {"GET", "POST", "HEAD", "OPTIONS"} <= {each.strip() for each in response.headers["allow"].split(",")}


def test_bad_multiple_queries(client: Client) -> None:
    """Two queries are one too many."""
    assert client.get("/sparql/?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D").status_code == 400


def test_bad_multiple_queries_in_two_places(client: Client) -> None:
    """A query in the address and one in the body are one too many."""
    assert client.request("POST", address(query="ASK {}"), data={"query": "ASK {}"}).status_code == 400


def test_bad_query_wrong_media_type(client: Client) -> None:
    """A body of another media type is refused, and told which are read."""
    response = client.request("POST", "/sparql/", content="ASK {}", headers={"Content-Type": "text/plain"})

    assert response.status_code == 415
    assert response.headers["accept-post"] == "application/sparql-query, application/x-www-form-urlencoded"


@pytest.mark.parametrize("body", ["query=ASK%20%7B%7D", "ASK {}"])
def test_bad_query_missing_type(client: Client, body: str) -> None:
    """A body without a media type is refused, whether it looks like a form or like a query."""
    assert client.request("POST", "/sparql/", content=body).status_code == 415


def test_bad_query_non_utf8(client: Client) -> None:
    """A query in UTF-16 is refused."""
    headers = {"Content-Type": "application/sparql-query; charset=UTF-16"}

    assert client.request("POST", "/sparql/", content="ASK {}".encode("utf-16"), headers=headers).status_code == 415


def test_bad_query_syntax(client: Client) -> None:
    """What is no query is refused with its place and what may have happened, in both languages."""
    response = client.get(address(query="ASK {"))

    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert {"ja", "en", "line", "column"} <= response.json().keys()


# ---- beyond them


@pytest.mark.parametrize(
    ("url", "headers", "body"),
    [
        ("/sparql", DIRECT, b"ASK { \xff }"),
        ("/sparql", {"Content-Type": "application/x-www-form-urlencoded"}, b"query=%FF"),
        ("/sparql", {"Content-Type": "application/x-www-form-urlencoded"}, b"query=\xff"),
    ],
)
def test_bytes_that_are_not_utf8_are_refused(client: Client, url: str, headers: Any, body: bytes) -> None:
    """A body that says it is UTF-8 and is not is a bad request."""
    assert client.request("POST", url, content=body, headers=headers).status_code == 400


def test_percent_encoded_iris_survive_the_form(client: Client) -> None:
    """A POSTed query keeps %XX in its IRIs, because the form is decoded once."""
    query = 'ASK { FILTER(STR(<https://example.org/%E6%9D%B1>) = "https://example.org/%E6%9D%B1") }'

    assert boolean(client.request("POST", "/sparql", data={"query": query}))


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"default_graph_uri": "not an iri"}, "default-graph-uri"),
        ({"named_graph_uri": "relative"}, "named-graph-uri"),
        ({"timeout": "soon"}, "timeout"),
        ({"timeout": "0"}, "timeout"),
        ({"timeout": "-1"}, "timeout"),
        ({"format": "docx"}, "format"),
        ({"update": "CLEAR ALL"}, "update"),
    ],
)
def test_a_bad_parameter_is_named(client: Client, parameters: dict[str, str], named: str) -> None:
    """A parameter that cannot be understood is refused by its name."""
    response = client.get(address(query="ASK {}", **parameters))

    assert response.status_code == 400
    assert response.json()["parameter"] == named


def test_unknown_parameters_are_ignored(client: Client) -> None:
    """Parameters of other servers do no harm, nor do empty ones of a form."""
    assert boolean(client.get(address(query="ASK {}", debug="on", named_graph_uri="", timeout="", format="")))


def test_a_post_without_a_query_is_refused(client: Client) -> None:
    """A POST has to ask something."""
    assert client.request("POST", "/sparql", data={"format": "json"}).status_code == 400


def test_an_update_is_refused(client: Client) -> None:
    """An update sent as a query is a bad request."""
    assert client.get(address(query="CLEAR ALL")).status_code == 400


@pytest.mark.parametrize("keyword", ["SERVICE <http://127.0.0.1/> { ?s ?p ?o }", "SERVICE SILENT ?e { ?s ?p ?o }"])
def test_service_is_forbidden(client: Client, keyword: str) -> None:
    """A query that would reach out is refused, not answered with nothing."""
    response = client.get(address(query=f"SELECT * {{ {keyword} }}"))

    assert response.status_code == 403
    assert response.json()["feature"] == "SERVICE"


def test_a_long_query_is_refused(client: Client) -> None:
    """A query over the limit is refused before it is read as one."""
    response = client.request("POST", "/sparql", content="ASK {} #" + "x" * 2**17, headers=DIRECT)

    assert response.status_code == 413


def test_a_long_body_is_refused(client: Client) -> None:
    """A body that no query could have is not even read."""
    assert client.request("POST", "/sparql", content=b"x" * 2**20, headers=DIRECT).status_code == 413


SELECT = "SELECT ?s ?o { VALUES (?s ?o) { (<urn:a> 1) (<urn:b> '東') } }"


@pytest.mark.parametrize(
    ("accept", "media_type", "syntax"),
    [
        ("application/sparql-results+json", None, QueryResultsFormat.JSON),
        ("application/sparql-results+xml", None, QueryResultsFormat.XML),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8", QueryResultsFormat.TSV),
        ("application/json", "application/json", QueryResultsFormat.JSON),
        ("application/xml", "application/xml", QueryResultsFormat.XML),
        ("*/*", "application/sparql-results+json", QueryResultsFormat.JSON),
    ],
)
def test_solutions_are_the_same_in_every_form(
    client: Client, accept: str, media_type: str | None, syntax: QueryResultsFormat
) -> None:
    """The form a client prefers is the form it gets, with the same solutions."""
    response = client.get(address(query=SELECT), accept)
    found = parse_query_results(response.content, syntax)

    assert response.headers["content-type"] == (media_type or accept)
    assert [str(row["s"]) for row in found] == ["<urn:a>", "<urn:b>"]  # type: ignore[union-attr]


def test_csv_is_csv(client: Client) -> None:
    """CSV has the values, in UTF-8."""
    assert client.get(address(query=SELECT), "text/csv").text == "s,o\r\nurn:a,1\r\nurn:b,東\r\n"


def test_csv_for_spreadsheets_begins_with_a_mark(client: Client) -> None:
    """`format=excel` is CSV that a spreadsheet program takes for UTF-8."""
    assert client.get(address(query=SELECT, format="excel")).content.startswith(b"\xef\xbb\xbfs,o")


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("ttl", RdfFormat.TURTLE),
        ("nt", RdfFormat.N_TRIPLES),
        ("nq", RdfFormat.N_QUADS),
        ("trig", RdfFormat.TRIG),
        ("rdf", RdfFormat.RDF_XML),
    ],
)
def test_graphs_are_the_same_in_every_form(client: Client, name: str, syntax: RdfFormat) -> None:
    """A constructed graph has the same triples in whatever form."""
    response = client.get(address(query="CONSTRUCT WHERE { ?s ?p ?o }", format=name))
    found = {str(quad.triple) for quad in parse(response.content, syntax)}

    assert found == {str(triple) for triples in DATA.values() for triple in triples}


def test_a_constructed_graph_is_json_ld_in_our_context(client: Client) -> None:
    """A graph as JSON-LD names the context, and its nodes have types."""
    found = client.get(address(query="CONSTRUCT WHERE { ?s ?p ?o }"), "application/ld+json").json()

    assert found["@context"] == "http://test/context/v1.jsonld"
    assert [node["type"] for node in found["graph"]] == [["foaf:Document"]] * 3


def test_nothing_acceptable_lists_what_there_is(client: Client) -> None:
    """A client that accepts no form of the answer is told all of them."""
    response = client.get(address(query="ASK {}"), "image/png")

    assert response.status_code == 406
    assert "application/sparql-results+xml" in response.json()["offered"]


def test_results_link_to_their_release(client: Client) -> None:
    """JSON results and headers say which release they are from."""
    response = client.get(address(query=SELECT))
    release = response.headers["pfgraph-release"]

    assert response.json()["head"] == {"link": [f"http://test/releases/{release}"], "vars": ["s", "o"]}
    assert f"<http://test/releases/{release}>" in response.headers["link"]


def test_a_release_has_its_own_endpoint(client: Client) -> None:
    """Every release answers at an address of its own."""
    release = client.get("/sparql?query=ASK{}").headers["pfgraph-release"]

    assert boolean(client.get(f"/releases/{release}/sparql?query=ASK%7B%7D"))
    assert client.get("/releases/0000000000000000/sparql?query=ASK%7B%7D").status_code == 404


def test_head_is_get_without_the_body(client: Client) -> None:
    """HEAD has the headers of GET, and no body."""
    got, headed = client.get(address(query=SELECT)), client.request("HEAD", address(query=SELECT))

    assert headed.content == b""
    assert {n: v for n, v in headed.headers.items() if n != "date"} == dict(got.headers)


def test_options_tells_what_may_be_asked(client: Client) -> None:
    """OPTIONS names the methods, to browsers on other sites too."""
    response = client.request("OPTIONS", "/sparql", headers={"Origin": "https://example.org"})

    assert response.status_code == 204
    assert response.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert response.headers["access-control-allow-methods"] == response.headers["allow"]


def test_any_site_may_read(client: Client) -> None:
    """Answers and problems alike may be read from any page, headers included."""
    for url in (address(query="ASK {}"), address(query="ASK")):
        response = client.get(url)

        assert response.headers["access-control-allow-origin"] == "*"
        assert "PFGraph-Release" in response.headers["access-control-expose-headers"]


def test_the_answer_depends_on_what_was_accepted(client: Client) -> None:
    """Vary names the headers that decide the form, the language, the coding and the moment."""
    named = "Accept, Accept-Language, Accept-Encoding, Accept-Datetime"

    assert client.get(address(query="ASK {}")).headers["vary"] == named


# ---- without a query


def test_no_query_is_the_service_description(client: Client) -> None:
    """The endpoint describes itself, and where it is (SPARQL 1.1 Service Description §2)."""
    response = client.get("/sparql")
    found = {(str(q.predicate), str(q.object)) for q in parse(response.content, RdfFormat.TURTLE)}
    sd = "http://www.w3.org/ns/sparql-service-description#"

    assert response.headers["content-type"] == "text/turtle; charset=utf-8"
    assert (f"<{sd}endpoint>", "<http://test/sparql>") in found
    assert (f"<{sd}supportedLanguage>", f"<{sd}SPARQL11Query>") in found
    assert (f"<{sd}namedGraph>", f"<{data(1)}>") in found


@pytest.mark.parametrize("accept", ["application/rdf+xml", "application/ld+json", "application/n-triples"])
def test_the_description_comes_in_other_forms(client: Client, accept: str) -> None:
    """The service description is negotiated like any graph."""
    assert client.get("/sparql", accept).headers["content-type"] == accept


def test_a_browser_gets_the_query_page(client: Client) -> None:
    """A browser without a query gets a form that needs no script."""
    page = client.get("/sparql", BROWSER)

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert '<textarea id="query" name="query"' in page.text
    assert "<script" not in page.text


def test_a_browser_gets_a_table(client: Client) -> None:
    """A browser with a query gets a table of its solutions."""
    page = client.get(address(query=SELECT), BROWSER).text

    assert "<table>" in page
    assert "東" in page


def test_a_browser_keeps_its_query_when_it_is_wrong(client: Client) -> None:
    """A query that is refused comes back with what is wrong, at the status of the problem."""
    page = client.get(address(query="SELECT <b>"), BROWSER)

    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert "SELECT &lt;b&gt;" in page.text


@given(
    st.sampled_from(["GET", "POST"]),
    st.binary(max_size=60),
    st.one_of(st.none(), st.sampled_from(["", *protocol.ACCEPTED]), st.text(max_size=30)),
    st.binary(max_size=60),
)
def test_any_bytes_are_an_operation_or_a_refusal(
    method: str, query_string: bytes, content_type: str | None, body: bytes
) -> None:
    """Whatever is sent, it is understood or refused with a reason; nothing else happens."""
    try:
        found = protocol.read(method, query_string, content_type, body)
    except PfgraphError:
        return

    assert found.timeout_s is None or found.timeout_s > 0
