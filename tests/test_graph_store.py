"""The SPARQL 1.1 Graph Store HTTP Protocol, with plain dataset semantics and with ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyoxigraph import RdfFormat, parse

from pfgraph.namespaces import GRAPH
from writing import Writer, writable

G = "/store?graph=http://example.org/g1"
PERSON = "<http://example.org/1> <http://example.org/name> 'Jane' ."
MORE = "<http://example.org/1> <http://example.org/age> 30 ."
BOUNDARY = "a6fe4cd636164618814be9f8d3d1a0de"
PARTS = f"""--{BOUNDARY}\r
Content-Disposition: form-data; name="lastName"; filename="a.ttl"\r
Content-Type: text/turtle; charset=utf-8\r
\r
<http://example.org/1> <http://example.org/familyName> "Doe" .\r
--{BOUNDARY}\r
Content-Disposition: form-data; name="firstName"; filename="b.nt"\r
Content-Type: application/n-triples\r
\r
<http://example.org/1> <http://example.org/givenName> "Jane" .\r
--{BOUNDARY}--\r
"""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    """Lend a writer to a release with plain dataset semantics."""
    with writable(tmp_path_factory.mktemp("plain"), plain_dataset=True) as found:
        yield found


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    """Lend a writer to a release whose default graph is what the named graphs say."""
    with writable(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture
def empty(plain: Writer) -> Writer:
    """Lend the writer, with nothing in the store."""
    plain.update("DROP ALL")
    return plain


def triples(writer: Writer, url: str) -> set[str] | int:
    """Return the triples of a graph, or the status where there is none."""
    answer = writer.client.get(url, "application/n-triples")
    if answer.status_code != 200:
        return answer.status_code
    return {str(quad.triple) for quad in parse(answer.content, RdfFormat.N_TRIPLES)}


def said(turtle: str) -> set[str]:
    """Return the triples of a Turtle text."""
    return {str(quad.triple) for quad in parse(turtle.encode(), RdfFormat.TURTLE)}


# ---- what the protocol's own tests ask, in their order


def test_put_makes_a_graph(empty: Writer) -> None:
    """PUT to a graph that is not there answers 201, and GET has its content."""
    answer = empty.put(G, PERSON)

    assert answer.status_code == 201
    assert answer.headers["etag"] == f'"{empty.release().id}"'
    assert triples(empty, G) == said(PERSON)


def test_put_replaces_a_graph(empty: Writer) -> None:
    """PUT to a graph that is there answers 204, and only the new content is there."""
    empty.put(G, PERSON)

    assert empty.put(G, MORE).status_code == 204
    assert triples(empty, G) == said(MORE)


def test_put_replaces_the_default_graph(empty: Writer) -> None:
    """PUT to ?default gives the default graph its content and leaves named graphs alone."""
    empty.put(G, PERSON)

    assert empty.put("/store?default", MORE).status_code == 204
    assert triples(empty, "/store?default") == said(MORE)
    assert triples(empty, G) == said(PERSON)


def test_put_refuses_what_does_not_fit_its_type(empty: Writer) -> None:
    """Turtle that is called RDF/XML is refused with 400, and nothing changes."""
    empty.put(G, PERSON)

    assert empty.put(G, MORE, **{"Content-Type": "application/rdf+xml"}).status_code == 400
    assert triples(empty, G) == said(PERSON)


def test_put_makes_an_empty_graph(empty: Writer) -> None:
    """An empty body makes a graph that is there and states nothing."""
    assert empty.request("PUT", G, content=b"", headers={"Content-Type": "text/turtle"}).status_code == 201
    assert triples(empty, G) == set()


def test_put_empties_a_graph(empty: Writer) -> None:
    """An empty body leaves a graph that states nothing, and does not remove it."""
    empty.put(G, PERSON)

    assert empty.request("PUT", G, content=b"", headers={"Content-Type": "text/turtle"}).status_code == 204
    assert triples(empty, G) == set()


def test_put_fills_an_empty_graph(empty: Writer) -> None:
    """PUT to an empty graph answers 204."""
    empty.request("PUT", G, content=b"", headers={"Content-Type": "text/turtle"})

    assert empty.put(G, PERSON).status_code == 204
    assert triples(empty, G) == said(PERSON)


def test_delete_removes_a_graph(empty: Writer) -> None:
    """DELETE answers 204, and the graph is not there any more."""
    empty.put(G, PERSON)

    assert empty.request("DELETE", G).status_code == 204
    assert triples(empty, G) == 404


def test_delete_of_nothing_is_not_found(empty: Writer) -> None:
    """DELETE of a graph that is not there answers 404."""
    assert empty.request("DELETE", "/store?graph=http://example.org/none").status_code == 404


def test_delete_empties_the_default_graph(empty: Writer) -> None:
    """DELETE of ?default leaves it empty: it cannot be removed."""
    empty.put("/store?default", PERSON)

    assert empty.request("DELETE", "/store?default").status_code == 204
    assert triples(empty, "/store?default") == set()


def test_post_adds_to_a_graph(empty: Writer) -> None:
    """POST keeps what is there and adds what is sent."""
    empty.put(G, PERSON)

    assert empty.send("POST", G, MORE).status_code == 204
    assert triples(empty, G) == said(PERSON + MORE)


def test_post_makes_a_graph(empty: Writer) -> None:
    """POST to a named graph that is not there makes it: 201."""
    assert empty.send("POST", G, MORE).status_code == 201
    assert triples(empty, G) == said(MORE)


def test_post_adds_the_parts_of_a_form(empty: Writer) -> None:
    """Several documents are added at once, each in the syntax it says."""
    empty.put(G, PERSON)
    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = empty.request("POST", G, content=PARTS.encode(), headers=kind)
    family = "<http://example.org/1> <http://example.org/familyName> 'Doe' ."
    given = "<http://example.org/1> <http://example.org/givenName> 'Jane' ."

    assert answer.status_code == 204
    assert triples(empty, G) == said(PERSON + family + given)


def test_post_without_a_name_makes_a_graph_with_one(empty: Writer) -> None:
    """POST to the store itself answers 201 with the address of a new graph, which GET answers for."""
    answer = empty.send("POST", "/store", PERSON)

    assert answer.status_code == 201
    assert triples(empty, answer.headers["location"]) == said(PERSON)


def test_post_of_nothing_changes_nothing(empty: Writer) -> None:
    """An empty body adds nothing to a graph: 204."""
    empty.put(G, PERSON)

    assert empty.request("POST", G, content=b"", headers={"Content-Type": "text/turtle"}).status_code == 204
    assert triples(empty, G) == said(PERSON)


def test_head_is_get_without_the_body(empty: Writer) -> None:
    """HEAD answers 200 for a graph that is there, without a body, and 404 for another."""
    empty.put(G, PERSON)
    found = empty.client.request("HEAD", G)

    assert (found.status_code, found.content) == (200, b"")
    assert empty.client.request("HEAD", "/store?graph=http://example.org/none").status_code == 404


def test_a_graph_is_named_by_its_address(empty: Writer) -> None:
    """Below /store the address itself is the name: PUT, GET, POST, DELETE."""
    url = "/store/person/1.ttl"
    statuses = [empty.put(url, PERSON).status_code, empty.send("POST", url, MORE).status_code]

    assert statuses == [201, 204]
    assert triples(empty, url) == said(PERSON + MORE)
    assert triples(empty, "/store?graph=http://test/store/person/1.ttl") == said(PERSON + MORE)
    assert empty.request("DELETE", url).status_code == 204
    assert triples(empty, url) == 404


# ---- media types, parameters, methods


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/turtle", PERSON),
        ("application/n-triples", '<http://example.org/1> <http://example.org/name> "Jane" .'),
        ("application/ld+json", '{"@id": "http://example.org/1", "http://example.org/name": "Jane"}'),
        (
            "application/rdf+xml",
            """<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">
            <r:Description r:about="http://example.org/1"><e:name>Jane</e:name></r:Description></r:RDF>""",
        ),
    ],
)
def test_a_graph_is_sent_in_any_syntax(empty: Writer, kind: str, body: str) -> None:
    """Turtle, N-Triples, JSON-LD and RDF/XML say the same."""
    answer = empty.request("PUT", G, content=body.encode(), headers={"Content-Type": kind})

    assert answer.status_code == 201
    assert triples(empty, G) == said(PERSON)


@pytest.mark.parametrize(
    "accept", ["text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml"]
)
def test_a_graph_is_read_in_the_form_asked_for(writer: Writer, accept: str) -> None:
    """GET negotiates; what is not on offer is 406."""
    writer.put(G, PERSON)

    assert writer.client.get(G, accept).headers["content-type"].startswith(accept)
    assert writer.client.get(G, "image/png").status_code == 406


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("GET", "/store", 400),
        ("PUT", "/store", 400),
        ("DELETE", "/store", 400),
        ("GET", "/store?graph=urn:a&graph=urn:b", 400),
        ("GET", "/store?default&graph=urn:a", 400),
        ("GET", "/store?graph=relative", 400),
        ("PATCH", "/store?default", 405),
        ("GET", "/store?graph=urn:none", 404),
    ],
)
def test_a_request_that_names_no_one_graph_is_refused(plain: Writer, method: str, url: str, status: int) -> None:
    """Exactly one graph is named, by an absolute IRI."""
    answer = plain.request(method, url, content=b"", headers={"Content-Type": "text/turtle"})

    assert answer.status_code == status
    assert set(answer.json()) >= {"ja", "en"}


def test_another_media_type_is_refused(plain: Writer) -> None:
    """What is no syntax for graphs answers 415 and says what is."""
    answer = plain.put(G, PERSON, **{"Content-Type": "application/sparql-query"})

    assert answer.status_code == 415
    assert "text/turtle" in answer.json()["accepted"]


def test_options_say_what_may_be_done(plain: Writer) -> None:
    """OPTIONS lists the methods."""
    assert "PUT" in plain.client.request("OPTIONS", "/store").headers["allow"]
    assert plain.client.request("OPTIONS", "/update").headers["allow"] == "OPTIONS, POST"


def test_a_relative_iri_is_resolved_by_the_graph(empty: Writer) -> None:
    """The base of what is sent is the graph's own IRI."""
    empty.put("/store?graph=http://example.org/dir/g", "<x> <#p> <> .")

    assert triples(empty, "/store?graph=http://example.org/dir/g") == said(
        "<http://example.org/dir/x> <http://example.org/dir/g#p> <http://example.org/dir/g> ."
    )


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/n-triples", b"<<(" * 200_000),
        ("application/ld+json", b'{"@context": "http://127.0.0.1:9/context", "@id": "urn:a", "urn:p": 1}'),
        (
            "application/rdf+xml",
            b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(
                b'<!ENTITY a%d "&%s;&%s;&%s;&%s;&%s;&%s;&%s;&%s;">' % (n, *([b"a%d" % (n - 1) if n else b"a"] * 8))
                for n in range(14)
            )
            + b']><r xmlns:e="urn:e:"><e:x e:y="&a13;"/></r>',
        ),
        ("text/turtle", b"\xff\xfe"),
    ],
    ids=["nested-terms", "remote-context", "entities", "not-utf-8"],
)
def test_a_bomb_is_refused_and_changes_nothing(plain: Writer, kind: str, body: bytes) -> None:
    """What kills or stalls a parser kills a cell, and the next write is made."""
    before = plain.release().id
    answer = plain.request("PUT", G, content=body, headers={"Content-Type": kind})

    assert answer.status_code in {400, 503}
    assert plain.release().id == before
    assert plain.put("/store?graph=urn:after", f"{PERSON} <urn:x> <urn:y> {hash(kind)} .").status_code in {201, 204}


# ---- our default graph


def test_the_default_graph_is_derived(writer: Writer) -> None:
    """GET ?default has what the named graphs say; PUT ?default replaces the local additions only."""
    writer.put("/store?graph=urn:named", "<urn:a> <urn:p> 1 .")
    writer.put("/store?default", "<urn:b> <urn:p> 2 .")
    writer.put("/store?default", "<urn:c> <urn:p> 3 .")
    found = triples(writer, "/store?default")

    assert isinstance(found, set)
    assert said("<urn:a> <urn:p> 1 . <urn:c> <urn:p> 3 .") <= found
    assert not said("<urn:b> <urn:p> 2 .") & found
    assert triples(writer, f"/store?graph={GRAPH['local'].value}") == said("<urn:c> <urn:p> 3 .")


def test_our_graphs_have_addresses(writer: Writer) -> None:
    """A graph below our base is written at its own address, whatever the host."""
    assert writer.put("/graph/data/more", "<urn:d> <urn:p> 4 .").status_code == 201
    assert triples(writer, f"/store?graph={GRAPH['data/more'].value}") == said("<urn:d> <urn:p> 4 .")
    assert triples(writer, "/graph/data/more") == said("<urn:d> <urn:p> 4 .")
