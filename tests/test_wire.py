"""The endpoint on the wire: every corner of negotiation and of conditional requests, with a real server process."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard
from pyoxigraph import Literal, NamedNode, QueryResultsFormat, RdfFormat, Triple, parse, parse_query_results

from isomorphism import same_graph, same_solutions
from pfgraph.namespaces import GRAPH, RDFS
from servers import Server, running
from sites import publish

JSON, XML, CSV = "application/sparql-results+json", "application/sparql-results+xml", "text/csv"
TURTLE, NT, LD = "text/turtle", "application/n-triples", "application/ld+json"
THINGS = [Triple(NamedNode(f"urn:example:{n}"), RDFS.label, Literal(f"物 {n}", language="ja")) for n in range(40)]
SELECT, ASK = "SELECT ?s ?o { ?s ?p ?o } ORDER BY ?s", "ASK {}"
CONSTRUCT = "CONSTRUCT WHERE { ?s ?p ?o }"


@dataclass(frozen=True)
class Reply:
    """A response as it was on the wire."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def media_type(self) -> str:
        """Its media type without parameters."""
        return (self.headers["content-type"] or "").partition(";")[0]

    @property
    def etag(self) -> str:
        """Its tag."""
        return str(self.headers["etag"])


Fields = list[tuple[str, str]]


class Wire:
    """Requests of which every byte is ours."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def send(self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b"") -> Reply:
        """Return the response to a request with just these header lines."""
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def ask(self, query: str, *headers: tuple[str, str], method: str = "GET", more: str = "") -> Reply:
        """Return the response to a query."""
        return self.send(method, f"/sparql?query={quote(query)}{more}", list(headers))


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Lend the wire to a server of forty things."""
    home: Path = tmp_path_factory.mktemp("home")
    publish(home, {GRAPH["data/x"].value: THINGS})
    with running(home) as server:
        yield Wire(server)


def accept(*lines: str) -> Fields:
    """Return lines of Accept."""
    return [("Accept", line) for line in lines]


@pytest.mark.parametrize(
    ("lines", "media_type"),
    [
        ([], JSON),
        (["*/*"], JSON),
        ([XML], XML),
        ([f"{XML};q=0.5", f"{CSV};q=0.9"], CSV),
        ([f"{XML};q=0.5, {CSV}", f"{JSON};q=0.7"], CSV),
        (["text/*"], CSV),
        (["text/*;q=0.3, */*;q=0.2"], CSV),
        (["*/*;q=0.9, text/csv;q=0.1"], JSON),
        (["*/*, application/sparql-results+json;q=0"], XML),
        (["application/*;q=0, */*"], CSV),
        (["application/json"], "application/json"),
        (["APPLICATION/SPARQL-RESULTS+XML"], XML),
        (["application/sparql-results+xml;charset=utf-8"], XML),
        (["nonsense, ;;, text/csv"], CSV),
        (["image/png, text/csv;q=0.001"], CSV),
        ([""], JSON),
    ],
)
def test_the_form_is_the_one_liked_best(wire: Wire, lines: list[str], media_type: str) -> None:
    """Quality counts first, for the most specific range that matches; several lines are one field."""
    assert wire.ask(SELECT, *accept(*lines)).media_type == media_type


@pytest.mark.parametrize(
    ("lines", "media_type"),
    [([], TURTLE), ([NT], NT), (["application/*"], LD), ([f"{TURTLE};q=0", "*/*"], LD), (["text/*"], TURTLE)],
)
def test_the_form_of_a_graph_is_the_one_liked_best(wire: Wire, lines: list[str], media_type: str) -> None:
    """Graphs are negotiated alike."""
    assert wire.ask(CONSTRUCT, *accept(*lines)).media_type == media_type


@pytest.mark.parametrize("line", ["image/png", "*/*;q=0", f"{JSON};q=0", "text/turtle"])
def test_nothing_acceptable_is_said_with_what_there_is(wire: Wire, line: str) -> None:
    """A client that accepts no form of the answer is told all of them, as a problem."""
    reply = wire.ask(SELECT, *accept(line))
    told = json.loads(reply.body)

    assert (reply.status, reply.media_type) == (406, "application/problem+json")
    assert {JSON, XML, CSV, "text/tab-separated-values", "text/html"} <= set(told["offered"])
    assert "Accept" in reply.headers["vary"]


def test_format_wins_over_accept(wire: Wire) -> None:
    """`format=` is for those who cannot set a header."""
    assert wire.ask(SELECT, *accept(JSON), more="&format=xml").media_type == XML


@pytest.mark.parametrize("query", [SELECT, ASK, CONSTRUCT, "SELECT"])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_head_is_get_without_a_body(wire: Wire, query: str, coding: str) -> None:
    """HEAD has the status and every header of GET, its length as well."""
    coded = ("Accept-Encoding", coding)
    got, headed = wire.ask(query, coded), wire.ask(query, coded, method="HEAD")

    assert headed.body == b""
    assert headed.status == got.status
    assert fields(headed) == fields(got)


def fields(reply: Reply) -> list[tuple[str, str]]:
    """Return the header lines of a reply but the time."""
    return sorted((name.lower(), value) for name, value in reply.headers.items() if name.lower() != "date")


@pytest.mark.parametrize(
    ("lines", "coding"),
    [
        ([], None),
        (["gzip"], "gzip"),
        (["zstd"], "zstd"),
        (["gzip, zstd"], "zstd"),
        (["gzip;q=1.0, zstd;q=0.5"], "gzip"),
        (["*"], "zstd"),
        (["zstd;q=0, *"], "gzip"),
        (["br, deflate"], None),
        (["gzip;q=0"], None),
        (["identity;q=1, gzip;q=0.5"], None),
        (["gzip;q=0.5", "zstd;q=0.6"], "zstd"),
    ],
)
def test_the_coding_is_the_one_liked_best(wire: Wire, lines: list[str], coding: str | None) -> None:
    """A body is compressed as the client likes, and says so."""
    reply = wire.ask(SELECT, *[("Accept-Encoding", line) for line in lines])

    assert reply.headers["content-encoding"] == coding
    assert "Accept-Encoding" in reply.headers["vary"]
    assert json.loads(decoded(reply))["head"]["vars"] == ["s", "o"]


def decoded(reply: Reply) -> bytes:
    """Return the body of a reply without its coding."""
    match reply.headers["content-encoding"]:
        case "gzip":
            return gzip.decompress(reply.body)
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(reply.body)
    return reply.body


@pytest.mark.parametrize("wrap", ["{}", "W/{}", '"a", {}', '{}, "b"', 'W/"a" , W/{} , "b"', "*"])
def test_a_client_that_has_the_answer_gets_none(wire: Wire, wrap: str) -> None:
    """One of several validators that fits, weak or strong, is answered 304 with the headers that count."""
    first = wire.ask(SELECT)
    again = wire.ask(SELECT, ("If-None-Match", wrap.format(first.etag)))

    assert (again.status, again.body) == (304, b"")
    for name in ("etag", "vary", "cache-control", "pfgraph-release"):
        assert again.headers[name] == first.headers[name]
    assert "content-length" not in again.headers or again.headers["content-length"] == "0"


def test_validators_may_stand_in_several_lines(wire: Wire) -> None:
    """Two lines of If-None-Match are one list."""
    etag = wire.ask(SELECT).etag

    assert wire.ask(SELECT, ("If-None-Match", '"a"'), ("If-None-Match", etag)).status == 304
    assert wire.ask(SELECT, ("If-None-Match", '"a"'), ("If-None-Match", '"b"')).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_other_forms_and_codings_have_other_tags(wire: Wire, method: str) -> None:
    """A tag is of one form in one coding, and begins with the release."""
    replies = [
        wire.ask(SELECT, ("Accept", form), ("Accept-Encoding", coding), method=method)
        for form in (JSON, XML, CSV)
        for coding in ("identity", "gzip", "zstd")
    ]

    assert len({reply.etag for reply in replies}) == 9
    assert all(reply.etag.startswith(f'"{reply.headers["pfgraph-release"]}-') for reply in replies)


def test_an_answer_to_a_post_is_not_conditional(wire: Wire) -> None:
    """A POST is answered whatever the client has."""
    headers = [("Content-Type", "application/sparql-query"), ("If-None-Match", "*")]

    assert wire.send("POST", "/sparql", headers, ASK.encode()).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_told_which_there_are(wire: Wire, method: str) -> None:
    """405 comes with Allow."""
    reply = wire.ask(ASK, method=method)

    assert reply.status == 405
    assert {each.strip() for each in reply.headers["allow"].split(",")} == {"GET", "HEAD", "OPTIONS", "POST"}


def test_options_tells_what_may_be_done(wire: Wire) -> None:
    """OPTIONS has Allow, and answers a browser's question before a request from another site."""
    asked = [
        ("Origin", "https://example.org"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ]
    reply = wire.send("OPTIONS", "/sparql", asked)

    assert reply.status == 204
    assert reply.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "Content-Type" in reply.headers["access-control-allow-headers"]


@pytest.mark.parametrize("query", [SELECT, "SELECT"])
def test_scripts_of_other_sites_may_read_every_header(wire: Wire, query: str) -> None:
    """What a response says in headers of ours is exposed, whether it is an answer or a problem."""
    reply = wire.ask(query, ("Origin", "https://example.org"))
    exposed = {name.strip().lower() for name in reply.headers["access-control-expose-headers"].split(",")}

    assert reply.headers["access-control-allow-origin"] == "*"
    assert {"etag", "link", "pfgraph-release", "retry-after", "vary", "content-location", "allow"} <= exposed


@pytest.mark.parametrize("line", ["ja", "en", "fr, en;q=0.5", "en;q=0.1, ja;q=0.9"])
def test_problems_are_in_the_language_liked_best(wire: Wire, line: str) -> None:
    """A problem is told in Japanese or English by Accept-Language, and has both."""
    reply = wire.ask("SELECT ?x WHERE ｛ ?x ?y ?z }", ("Accept-Language", line))
    told = json.loads(reply.body)
    lang = "en" if line in {"en", "fr, en;q=0.5"} else "ja"

    assert (reply.status, reply.headers["content-language"]) == (400, lang)
    assert told["title"] == told[lang]["message"]
    assert told["excerpt"].endswith("^")
    assert (told["line"], told["column"]) == (1, 17)


def test_the_answer_is_the_same_in_every_syntax(wire: Wire) -> None:
    """Solutions in any syntax are the same solutions, and graphs in any syntax the same graph."""
    found = {
        media_type: parse_query_results(wire.ask(SELECT, ("Accept", media_type)).body, form)
        for media_type, form in [(JSON, QueryResultsFormat.JSON), (XML, QueryResultsFormat.XML)]
    }
    rows = [[{"s": row["s"], "o": row["o"]} for row in each] for each in found.values()]  # type: ignore[union-attr]
    graphs = [
        [quad.triple for quad in parse(wire.ask(CONSTRUCT, ("Accept", media_type)).body, form)]
        for media_type, form in [
            (TURTLE, RdfFormat.TURTLE),
            (NT, RdfFormat.N_TRIPLES),
            ("application/rdf+xml", RdfFormat.RDF_XML),
            ("application/n-quads", RdfFormat.N_QUADS),
            ("application/trig", RdfFormat.TRIG),
        ]
    ]

    assert same_solutions(rows[0], rows[1])
    assert len(rows[0]) == len(THINGS)
    assert all(same_graph(graph, THINGS) for graph in graphs)


def test_a_browser_gets_a_table_that_needs_no_script(wire: Wire) -> None:
    """HTML is a table of the solutions."""
    reply = wire.ask(SELECT, ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"))

    assert reply.media_type == "text/html"
    assert b"<td" in reply.body
    assert "物 7".encode() in reply.body


def test_bytes_that_are_no_request_do_no_harm(wire: Wire) -> None:
    """A body that is longer than it says, an unknown charset, a header of rubbish: refused, and life goes on."""
    direct = "application/sparql-query"

    assert wire.send("POST", "/sparql", [("Content-Type", f"{direct}; charset=utf-7")], b"ASK {}").status == 415
    assert wire.send("POST", "/sparql", [("Content-Type", direct), ("Accept", '"' * 5000)], b"ASK {}").status == 200
    assert wire.send("GET", "/sparql?query=%FF").status == 400
    assert wire.ask(ASK).status == 200
