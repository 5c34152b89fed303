"""The application as a whole: a real process that streams, is hung up on, fails midway and is told to stop."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.namespaces import GRAPH, PF, RDF, RDFS
from pfgraph.query.pool import CAUSES
from servers import Server, running
from sites import Client, publish, serving

# 100 things with long names: one join of all with all is 10 MB, and takes no thinking.
NAMES = [
    triple
    for n in range(100)
    for node in [NamedNode(f"urn:example:{n}")]
    for triple in (Triple(node, RDF.type, PF.Platform), Triple(node, RDFS.label, Literal(f"{n}" * 60)))
]
LONG = "SELECT * WHERE { ?a a ?x ; ?p ?b . ?c a ?y ; ?q ?d }"
ENDLESS = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with a release of many long names."""
    home: Path = tmp_path_factory.mktemp("home")
    publish(home, {GRAPH["data/x"].value: NAMES})
    return home


@pytest.fixture
def server(home: Path) -> Iterator[Server]:
    """Lend a server process that gives a query two seconds."""
    with running(home, query_timeout_s=5.0) as server:
        yield server


def test_a_long_answer_streams_to_its_end(server: Server) -> None:
    """An answer too long to hold comes in pieces, and is complete."""
    response = server.get(f"/sparql?query={quote(LONG)}", headers={"Accept": "text/csv"})

    assert response.headers["transfer-encoding"] == "chunked"
    assert response.text.count("\r\n") == 1 + 200 * 200


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_a_long_answer_streams_encoded(server: Server, coding: str) -> None:
    """A stream is encoded on the way, piece by piece."""
    headers = {"Accept": "text/csv", "Accept-Encoding": coding}
    response = server.get(f"/sparql?query={quote(LONG)}", headers=headers)

    assert response.headers["content-encoding"] == coding
    assert response.text.count("\r\n") == 1 + 200 * 200


def test_the_first_client_finds_a_cell_that_is_ready(tmp_path: Path) -> None:
    """A server that has started has a process waiting for the first query, and so it has after a publication."""
    publish(tmp_path, {GRAPH["data/x"].value: NAMES})
    with running(tmp_path) as server:
        first = warm(server, at_least=1)
        assert server.get("/sparql?query=ASK%7B%7D").status_code == 200
        publish(tmp_path, {GRAPH["data/x"].value: NAMES[:100]})
        second = warm(server, at_least=first["spawned"] + 1)

    assert first["busy"] == second["busy"] == 0


def warm(server: Server, at_least: int) -> dict[str, Any]:
    """Return the engine's health once it has started so many cells, one of which is idle."""
    deadline = time.monotonic() + 10
    while (found := server.rested())["spawned"] < at_least or not found["idle"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return found


def test_head_of_a_long_answer_ends_the_query(server: Server) -> None:
    """HEAD of a stream has its headers, and the query is not read to its end."""
    response = httpx.head(f"http://127.0.0.1:{server.port}/sparql?query={quote(LONG)}", timeout=30)

    assert response.status_code == 200
    server.until(0)


def test_an_answer_that_fails_midway_has_no_clean_end(server: Server) -> None:
    """Once an answer has begun and its time runs out, it is cut off; nobody takes the part for the whole."""
    with server.ask("SELECT * WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }") as connection:
        first = last = connection.recv(2**20)
        while piece := connection.recv(2**20):
            last = piece

    assert first.startswith(b"HTTP/1.1 200")
    assert not last.endswith(b"0\r\n\r\n")
    assert any(line["outcome"].startswith("cut-") for line in server.stop())


def test_a_query_without_end_is_stopped(server: Server) -> None:
    """A query over its time is a problem that says so."""
    response = server.get(f"/sparql?query={quote(ENDLESS)}")

    assert response.status_code == 503
    assert response.json()["type"].endswith("/query-timeout")


def test_a_client_that_stops_reading_stops_its_query(server: Server) -> None:
    """A client that hangs up in the middle of a stream frees its cell as well."""
    with server.ask(LONG) as connection:
        connection.recv(1000)
    server.until(0)

    assert "client-hung-up" in {line["outcome"] for line in server.stop() if line["path"] == "/sparql"}


def test_the_log_tells_each_request_in_json(server: Server) -> None:
    """A line of the access log has the outcome, the form, the time, and a digest in place of the query."""
    server.get("/sparql?query=ASK%7B%7D")
    server.get("/sparql?query=ASK%7B%7D")
    server.get("/sparql?query=SELECT")
    lines = [line for line in server.stop() if line["path"] == "/sparql"]

    assert [line["outcome"] for line in lines] == ["ok", "ok", "malformed-query"]
    assert [line["cache"] for line in lines] == ["miss", "hit", "pass"]
    assert lines[0]["form"] == "ASK"
    assert len(lines[0]["query"]) == 16
    assert lines[0]["ms"] > 0
    assert lines[0]["bytes"] > 0
    assert not any("ASK{}" in json.dumps(line) for line in lines)


ROWS = [
    (LONG, "text/csv", None),
    (LONG, "text/tab-separated-values", 40_000),
    (LONG, "application/sparql-results+json", 40_000),
    (LONG, "application/sparql-results+xml", 40_000),
    (f"{LONG} LIMIT 7", "application/sparql-results+json", 7),
    (f"{LONG} LIMIT 0", "application/sparql-results+json", 0),
    ("CONSTRUCT WHERE { ?s ?p ?o }", "application/n-triples", 200),
    ("ASK {}", "application/sparql-results+json", None),
]


def test_the_log_counts_rows(server: Server) -> None:
    """A line tells how many rows were sent, where the syntax lets one count them as they pass."""
    for query, accept, _ in ROWS:
        server.get("/sparql", params={"query": query}, headers={"Accept": accept})
    lines = [line for line in server.stop() if line["path"] == "/sparql"]

    assert [line.get("rows") for line in lines] == [rows for _, _, rows in ROWS]


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    """Lend a client in this process."""
    with serving(home) as client:
        yield client


def test_health_tells_about_the_engine(client: Client) -> None:
    """`/health` says which release is served, how many queries run, and is not cached."""
    response = client.get("/health")
    found = response.json()

    assert found["status"] == "ok"
    assert found["release"] == client.app.site.release().id
    assert "running" in found["engine"]
    assert response.headers["cache-control"] == "no-store"


def test_readiness_needs_a_release(tmp_path: Path, client: Client) -> None:
    """`/ready` is 200 with a release and 503 without."""
    with serving(tmp_path) as empty:
        assert empty.get("/ready").status_code == 503
    assert client.get("/ready").status_code == 200


def test_a_site_without_a_release_says_so(tmp_path: Path) -> None:
    """Before the first release, every question is answered 503 with what to do."""
    with serving(tmp_path) as empty:
        response = empty.get("/sparql?query=ASK%7B%7D")

    assert response.status_code == 503
    assert response.json()["type"].endswith("/release-error")


def test_metrics_count_what_happened(client: Client) -> None:
    """`/metrics` has requests, queries by form and outcome, times, the cache and the engine, for Prometheus."""
    client.get("/sparql?query=ASK%7B%7D")
    client.get("/sparql?query=SELECT")
    response = client.get("/metrics")

    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        'pfgraph_http_requests_total{area="sparql",method="GET",status="200"}',
        'pfgraph_queries_total{form="ASK",outcome="ok"}',
        'pfgraph_http_request_seconds_bucket{area="sparql",le="0.001"}',
        "pfgraph_cache_bytes ",
        'pfgraph_query_seconds_bucket{form="ASK",le="0.001"}',
        'pfgraph_cache_answers_total{result="miss"}',
        "pfgraph_engine_running ",
        "pfgraph_engine_waiting ",
        "pfgraph_cells_spawned_total ",
        *(f'pfgraph_cells_killed_total{{cause="{cause}"}}' for cause in CAUSES),
    ):
        assert line in response.text


@pytest.mark.parametrize("path", ["/", "/sparql?query=ASK%7B%7D", "/none", "/health"])
def test_every_response_has_manners(client: Client, path: str) -> None:
    """Whatever is answered may be read from any page and is taken for what it says it is."""
    headers = client.get(path).headers

    assert headers["access-control-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"


def test_a_fault_of_ours_is_a_problem_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody foresaw is a 500 problem that tells nothing of the inside."""

    def broken(*_: object) -> str:
        raise RuntimeError("secret")

    monkeypatch.setattr("pfgraph.web.home.question", broken)
    response = client.get("/?new")

    assert response.status_code == 500
    assert response.json()["type"].endswith("/unexpected")
    assert "secret" not in response.text


PARTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["sparql", "queries", "participants", "doc", "id", "graph", "ns", "releases", ".ttl", "..", "%00"]),
)
Headers = list[tuple[bytes, bytes]]
LINES = st.tuples(
    st.sampled_from([b"accept", b"accept-language", b"accept-encoding", b"if-none-match", b"content-type", b"host"]),
    st.binary(max_size=40),
)


QUERIES = st.builds(lambda query: urlencode({"query": query}).encode(), st.text(max_size=40))
REQUESTS = st.tuples(
    st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "XYZZY"]),
    st.lists(PARTS, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    st.one_of(st.binary(max_size=60), QUERIES),
    st.lists(LINES, max_size=4),
    st.binary(max_size=60),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=REQUESTS)
def test_no_request_is_a_fault(client: Client, sent: tuple[str, str, bytes, Headers, bytes]) -> None:
    """Whatever bytes arrive, the answer is an answer or says what is wrong with them; never 500."""
    assert client.raw(*sent) < 500
