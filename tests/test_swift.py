"""Requests like earlier ones: what is remembered of these changes how fast an answer comes, and nothing else."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.errors import PfgraphError
from pfgraph.namespaces import GRAPH, RDFS
from pfgraph.web import protocol
from pfgraph.web.plain import parted, query_of
from servers import Server, running
from sites import publish

JSON = ("Accept", "application/sparql-results+json")
THINGS = [Triple(NamedNode(f"urn:example:{n}"), RDFS.label, Literal(f"物 {n}", language="ja")) for n in range(300)]
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
SLOW = "SELECT (COUNT(*) AS ?o) { ?a ?b ?c . ?d ?e ?f VALUES ?x { " + " ".join(map(str, range(20))) + " } }"
# Answered here, and by a cell.
SELECT = "SELECT ?o {{ <urn:example:{}> ?p ?o }}"
FILTERED = "SELECT ?o {{ <urn:example:{}> ?p ?o FILTER(true) }}"
Fields = Sequence[tuple[str, str]]
# Status, header fields but for the date, and body.
Reply = tuple[int, dict[str, str], bytes]


def until_held(server: Server) -> None:
    """Wait until a release is open in the server: from then on lookups on it need no cell."""
    deadline = time.monotonic() + 10
    while not server.engine()["held"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Lend a server over three hundred things."""
    home = tmp_path_factory.mktemp("swift")
    publish(home, {GRAPH["data/things"].value: frozenset(THINGS)})
    with running(home) as found:
        until_held(found)
        yield found


class Ask(Protocol):
    """One connection that stays open, on which requests follow one another with the same fields."""

    def __call__(self, query: str, more: str = "") -> Reply:
        """Return the answer to a query."""
        ...


@contextmanager
def asking(server: Server, fields: Fields = (JSON,), path: str = "/sparql") -> Iterator[Ask]:
    """Lend a connection."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)

    def ask(query: str, more: str = "") -> Reply:
        connection.request("GET", f"{path}?query={quote(query)}{more}", headers=dict(fields))
        found = connection.getresponse()
        headers = {name.lower(): value for name, value in found.getheaders() if name.lower() != "date"}
        return found.status, headers, found.read()

    with closing(connection):
        yield ask


def thoroughly(server: Server, query: str, more: str = "", fields: Fields = (JSON,), path: str = "/sparql") -> Reply:
    """Return the answer to a request that is unlike all others, for it has a field that nobody has sent before."""
    with asking(server, [*fields, ("X-Once", str(time.monotonic_ns()))], path) as ask:
        return ask(query, more)


FORMS = [
    [JSON],
    [("Accept", "text/csv")],
    [("Accept", "application/sparql-results+xml"), ("Accept-Encoding", "gzip")],
    [JSON, ("Accept-Language", "en"), ("Accept-Encoding", "zstd, gzip;q=0.5")],
]


@pytest.mark.parametrize(
    "more",
    [
        "",
        "&timeout=5",
        "&default-graph-uri=https%3A%2F%2Fw3id.org%2Fpfgraph%2Fgraph%2Fdata%2Fthings",
        # Nothing is said in it.
        "&default-graph-uri=urn%3Aexample%3Anone",
    ],
)
@pytest.mark.parametrize("fields", FORMS)
@pytest.mark.parametrize(
    "pattern",
    [SELECT, FILTERED, "SELECT * {{ ?s ?p ?o FILTER(?s > <urn:example:{}>) }}", "ASK {{ <urn:example:{}> ?p ?o }}"],
)
def test_an_answer_is_the_one_that_is_made_layer_by_layer(
    server: Server, pattern: str, fields: Fields, more: str
) -> None:
    """What is taken from an earlier answer of the kind differs in nothing from what the application says."""
    with asking(server, fields) as ask:
        ask(pattern.format(1), more)
        swift = ask(pattern.format(2), more)
    # The comment keeps the cache from giving the very same answer.
    thorough = thoroughly(server, f"{pattern.format(2)}#", more, fields)

    def comparable(found: Reply) -> Reply:
        return found[0], {name: value.replace("%23", "") for name, value in found[1].items()}, found[2]

    assert comparable(swift) == comparable(thorough)


@pytest.mark.parametrize("fields", [[JSON], [JSON, ("Accept-Datetime", "Thu, 01 Jan 2099 00:00:00 GMT")]])
def test_a_release_of_the_past_is_answered_as_layer_by_layer(server: Server, fields: Fields) -> None:
    """Which release a path or a moment names is part of what is remembered."""
    release_id = server.get("/sparql?query=ASK%7B%7D").headers["pfgraph-release"]
    path = f"/releases/{release_id}/sparql" if len(fields) == 1 else "/sparql"
    with asking(server, fields, path) as ask:
        ask(SELECT.format(41))
        swift = ask(SELECT.format(42))
    thorough = thoroughly(server, SELECT.format(42), fields=fields, path=path)

    assert "memento-datetime" in swift[1]
    assert swift == thorough


@pytest.mark.parametrize("pattern", [SELECT, FILTERED])
def test_the_third_time_gives_the_bytes_of_the_first(server: Server, pattern: str) -> None:
    """An answer that is sent from memory is the one that was made."""
    with asking(server) as ask:
        found = [ask(pattern.format(77)) for _ in range(5)]

    assert found[0][0] == 200
    assert found == [found[0]] * 5


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT ?x { ?x ?y }", 400),
        ("SELECT * { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 403),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", 400),
        (f"{ENDLESS}#", 503),
    ],
)
def test_errors_are_those_of_any_request(server: Server, query: str, status: int) -> None:
    """What is wrong with a query is said as if none of its kind had been answered."""
    with asking(server) as ask:
        ask(SELECT.format(3), "&timeout=1")
        swift = ask(query, "&timeout=1")
    thorough = thoroughly(server, query, "&timeout=1")

    assert swift[0] == status
    assert swift == thorough


def test_a_long_answer_comes_whole(tmp_path: Path) -> None:
    """An answer too long to hold is streamed to a client whose kind of request is known."""
    publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS)})
    with running(tmp_path, held_bytes=1000) as server, asking(server) as ask:
        ask("SELECT * { ?s ?p ?o } LIMIT 1")
        status, headers, body = ask("SELECT * { ?s ?p ?o }")

        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert len(json.loads(body)["results"]["bindings"]) == len(THINGS)
        assert ask("SELECT * { ?s ?p ?o } LIMIT 2")[0] == 200
        assert server.rested()["busy"] == 0


def _get(query: str, fields: str = "") -> bytes:
    line = f"GET /sparql?query={quote(query)} HTTP/1.1"
    return f"{line}\r\nHost: x\r\nAccept: application/sparql-results+json\r\n{fields}\r\n".encode()


def _answers(connection: socket.socket, count: int) -> list[int]:
    """Return which thing each of some answers is about, in the order in which they come."""
    reader = connection.makefile("rb")
    found = []
    for _ in range(count):
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
        length = 0
        while (line := reader.readline()) != b"\r\n":
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        body = json.loads(reader.read(length))
        found.append(int(body["results"]["bindings"][0]["o"]["value"].removeprefix("物 ")))
    return found


@pytest.mark.parametrize("size", [7, 100, 1000, 10**6])
def test_requests_that_do_not_wait_are_answered_in_turn(server: Server, size: int) -> None:
    """However many requests a client sends at once, and however they are cut, the answers come in their order."""
    wanted = [5, 5, 5, 6, 7, 5, 8, 9, 6, 10, 11]
    sent = b"".join(_get((FILTERED if n % 2 else SELECT).format(n)) for n in wanted)
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
            time.sleep(0.002 if size < 1000 else 0)

        assert _answers(connection, len(wanted)) == wanted


def test_requests_sent_while_another_is_answered_wait(server: Server) -> None:
    """A client that sends its next request before it has the answer to the one before gets both, in order."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for n in (20, 21, 22, 23, 21, 24):
            connection.sendall(_get((SELECT if n % 2 else FILTERED).format(n)))
            if n == 20:
                time.sleep(0.2)

        assert _answers(connection, 6) == [20, 21, 22, 23, 21, 24]


def test_a_body_that_looks_like_a_request_is_a_body(server: Server) -> None:
    """What is announced as a body is one, though its very bytes have been a request before."""
    known, seen = _get(SELECT.format(50)), 5
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for _ in range(seen):
            connection.sendall(known)
            assert _answers(connection, 1) == [50]
        head = "POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
        connection.sendall(f"{head}Content-Length: {len(known)}\r\n\r\n".encode())
        time.sleep(0.1)
        connection.sendall(known)

        assert connection.recv(2**16).startswith(b"HTTP/1.1 400 ")


def test_a_known_request_waits_for_the_answer_to_the_one_before(server: Server) -> None:
    """Nothing overtakes an answer that is still being made, not even what is in memory."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        for _ in range(5):
            connection.sendall(_get(SELECT.format(51)))
            assert _answers(connection, 1) == [51]
        query = SLOW.replace("COUNT(*)", "MIN(52)")
        body = query.encode()
        head = "POST /sparql HTTP/1.1\r\nHost: x\r\nAccept: application/sparql-results+json\r\n"
        kind = "Content-Type: application/sparql-query\r\n"
        connection.sendall(f"{head}{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        server.until(running=1)
        connection.sendall(_get(SELECT.format(51)))

        assert _answers(connection, 2) == [52, 51]


def test_a_client_that_wants_the_connection_closed_has_it_closed(server: Server) -> None:
    """`Connection: close` is honoured, though everything else about the request is known."""
    for _ in range(4):
        with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
            connection.sendall(_get(SELECT.format(30), "Connection: close\r\n"))
            received = connection.makefile("rb").read()

            assert received.startswith(b"HTTP/1.1 200 OK\r\n")
            assert b"connection: close" in received


def test_a_client_that_hangs_up_frees_its_cell(tmp_path: Path) -> None:
    """A known kind of request ends with its client, too, and is logged as such."""
    publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS)})
    with running(tmp_path) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(_get("SELECT (COUNT(*) AS ?o) { ?a ?b ?c }"))
            connection.recv(2**16)
            connection.sendall(_get(ENDLESS))
            server.until(running=1)
        began = time.monotonic()
        server.until(running=0)

        assert time.monotonic() - began < 0.2
        assert server.rested()["killed"]["disconnected"] == 1
        assert [line["outcome"] for line in server.stop() if line["path"] == "/sparql"] == ["ok", "client-hung-up"]


def test_a_server_told_to_stop_finishes_what_is_asked(tmp_path: Path) -> None:
    """A known kind of request that is under way has its answer, and then its connection ends."""
    publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS)})
    with running(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.sendall(_get("SELECT (COUNT(*) AS ?o) { ?a ?b ?c }"))
        connection.recv(2**16)
        connection.sendall(_get(SLOW))
        server.until(running=1)
        log = server.stop()
        received = connection.makefile("rb").read()

    assert json.loads(received.partition(b"\r\n\r\n")[2])["results"]["bindings"][0]["o"]["value"] == str(20 * 300**2)
    assert [line["outcome"] for line in log if line["path"] == "/sparql"] == ["ok", "ok"]


def test_the_next_release_answers_from_its_publication_on(tmp_path: Path) -> None:
    """Nothing of an earlier release is remembered once another one is current."""
    publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS)})
    with running(tmp_path) as server, asking(server) as ask:
        until_held(server)
        before = [ask(SELECT.format(1)) for _ in range(3)]
        ask(SELECT.format(2))
        ask(FILTERED.format(2))
        changed = Triple(NamedNode("urn:example:1"), RDFS.label, Literal("別の物", language="ja"))
        published = publish(tmp_path, {GRAPH["data/things"].value: frozenset([changed])})
        after = ask(SELECT.format(1))

        assert "物 1" in before[2][2].decode()
        assert "別の物" in after[2].decode()
        assert after[1]["pfgraph-release"] == published.id
        for pattern in (SELECT, FILTERED):
            assert json.loads(ask(pattern.format(2))[2])["results"]["bindings"] == []


@pytest.mark.parametrize("pattern", [SELECT, FILTERED])
@pytest.mark.parametrize(
    ("fields", "more"),
    [
        ([JSON], ""),
        ([("Accept", "text/csv"), ("Accept-Encoding", "gzip")], "&timeout=5"),
        # What speaks of the release itself, or of a moment, is not the same in another one.
        ([JSON], "&x={release}"),
        ([JSON, ("Accept-Datetime", "{moment}")], ""),
    ],
)
def test_the_next_release_answers_as_layer_by_layer(tmp_path: Path, fields: Fields, more: str, pattern: str) -> None:
    """What is known of a kind of requests outlives its release, and nothing of that release is left in the answers."""
    first = publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS)})
    moment = format_datetime(datetime.now(UTC), usegmt=True)
    said = [(name, value.format(moment=moment)) for name, value in fields]
    address = more.format(release=first.id)
    with running(tmp_path) as server, asking(server, said) as ask:
        until_held(server)
        for n in (1, 2):
            ask(pattern.format(n), address)
        published = publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS[:100])})
        # The second time it is asked, an answer is kept; the third time it is given once more.
        asked = (3, 4, 4, 4, 5, 5, 5)
        found = [ask(pattern.format(n), address) for n in asked]
        expected = [thoroughly(server, pattern.format(n), address, said) for n in asked]
        lines = [line for line in server.stop() if line["path"] == "/sparql"]

    assert found == expected
    assert {line["release"] for line in lines[2:]} <= {found[0][1]["pfgraph-release"]}
    assert found[0][1]["pfgraph-release"] == (first.id if "{moment}" in str(fields) else published.id)


def test_every_answer_is_logged_and_counted(tmp_path: Path) -> None:
    """The log has the same of each request, however it was answered, and the metrics count them all."""
    publish(tmp_path, {GRAPH["data/things"].value: frozenset(THINGS)})
    with running(tmp_path) as server, asking(server) as ask:
        for n in (1, 2, 3, 3, 3, 3, 3):
            ask(SELECT.format(n))
        metrics = server.get("/metrics").text
        lines = [line for line in server.stop() if line["path"] == "/sparql"]

    assert [line["cache"] for line in lines] == ["miss", "miss", "miss", "miss", "hit", "hit", "hit"]
    assert {tuple(sorted(line)) for line in lines[:4]} == {tuple(sorted(lines[0]))}
    assert [line.get("rows") for line in lines[:4]] == [1, 1, 1, 1]
    assert len({line["query"] for line in lines}) == 3
    assert 'pfgraph_http_requests_total{area="sparql",method="GET",status="200"} 7.0' in metrics
    assert 'pfgraph_queries_total{form="SELECT",outcome="ok"} 4.0' in metrics
    assert 'pfgraph_cache_answers_total{result="hit"} 3.0' in metrics


FIELDS = st.lists(
    st.tuples(
        st.sampled_from(["query", "timeout", "format", "x", "que%72y", "default-graph-uri", ""]), st.text(max_size=12)
    ),
    max_size=4,
)


@given(fields=FIELDS, quoting=st.sampled_from([quote, quote_plus, str]))
def test_a_query_is_read_as_the_protocol_reads_it(fields: list[tuple[str, str]], quoting: type[str]) -> None:
    """Where an address is taken apart at all, its query is the one that the protocol finds."""
    query_string = "&".join(f"{name}={quoting(value)}" for name, value in fields).encode("utf-8", "surrogatepass")
    found = parted(b"GET /sparql?%s HTTP/1.1\r\nHost: x\r\n\r\n" % query_string)
    if found is None:
        return
    rest = {name for name, _ in fields} - {"query"}
    try:
        read = protocol.read("GET", query_string, None, b"").query
    except PfgraphError:
        # What the others say may be wrong; then no request with them was answered.
        assert rest
        return

    assert query_of(found) == read
