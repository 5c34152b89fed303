"""Hot answers are bytes: kept while their release is current, tagged, encoded, and never wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.namespaces import GRAPH, PF, RDF, RDFS
from pfgraph.web.cache import ByteCache, Stored
from pfgraph.web.encoding import Encoder
from sites import Client, publish, serving

MANY = "/sparql?query=SELECT+*+WHERE+%7B+%3Fs+%3Fp+%3Fo+%7D+ORDER+BY+%3Fs"


def graphs(word: str) -> dict[str, list[Triple]]:
    """Return a graph of a hundred platforms with a word in their names."""
    nodes = {n: NamedNode(f"urn:example:{n}") for n in range(100)}
    types = [Triple(node, RDF.type, PF.Platform) for node in nodes.values()]
    labels = [Triple(node, RDFS.label, Literal(f"{word} {n}")) for n, node in nodes.items()]
    return {GRAPH["data/x"].value: [*types, *labels]}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with a release."""
    publish(tmp_path, graphs("one"))
    return tmp_path


@pytest.fixture
def client(home: Path) -> Iterator[Client]:
    """Lend a client of the application over that home."""
    with serving(home) as client:
        yield client


def test_the_second_answer_is_the_first(client: Client) -> None:
    """An answer is kept and sent again, byte for byte and header for header."""
    first = client.get(MANY)
    kept = len(client.app.cache)
    second = client.get(MANY)

    assert kept == 1
    assert second.content == first.content
    assert second.headers == first.headers


def test_a_new_release_is_taken_up_by_itself(home: Path, client: Client) -> None:
    """The very next answer after a publication is of the new release."""
    before = client.get(MANY)
    release = publish(home, graphs("two"))
    after = client.get(MANY)

    assert before.headers["pfgraph-release"] != after.headers["pfgraph-release"] == release.id
    assert "two 7" in after.text
    assert "two 7" not in before.text


def test_a_client_that_knows_the_answer_gets_none(client: Client) -> None:
    """A conditional request is answered 304, without a body, and with the headers that count."""
    first = client.get(MANY)
    again = client.get(MANY, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})

    assert again.status_code == 304
    assert again.content == b""
    for name in ("etag", "vary", "cache-control", "link", "pfgraph-release"):
        assert again.headers[name] == first.headers[name]
    assert "content-type" not in again.headers


def test_a_client_that_knows_another_answer_gets_this_one(client: Client) -> None:
    """A tag of something else is no reason to send nothing."""
    assert client.get(MANY, headers={"If-None-Match": '"x"'}).status_code == 200


def test_the_tag_is_of_the_release_and_the_bytes(client: Client) -> None:
    """ETags begin with the release; different forms and codings have different tags."""
    release = client.get(MANY).headers["pfgraph-release"]
    tags = {
        client.get(MANY, accept, headers={"Accept-Encoding": coding}).headers["etag"]
        for accept in ("text/csv", "application/sparql-results+xml")
        for coding in ("identity", "gzip", "zstd")
    }

    assert len(tags) == 6
    assert all(tag.startswith(f'"{release}-') for tag in tags)


def test_every_form_is_kept_for_itself(client: Client) -> None:
    """An answer in one form is not sent to a client that wants another."""
    client.get(MANY, "text/csv")

    assert client.get(MANY, "application/sparql-results+xml").text.startswith("<?xml")


def test_every_host_is_kept_for_itself(client: Client) -> None:
    """An answer that names the host is not sent to a client of another."""
    client.get(MANY)

    assert "http://other/releases/" in client.get(MANY, headers={"Host": "other"}).text


def test_head_is_answered_from_the_same_bytes(client: Client) -> None:
    """HEAD has the length and the tag of the GET, from the cache or not."""
    for _ in range(2):
        headed, got = client.request("HEAD", MANY), client.get(MANY)

        assert headed.content == b""
        assert headed.headers == got.headers


@pytest.mark.parametrize("function", ["NOW()", "RAND()", "UUID()", "STRUUID()", "BNODE()"])
def test_what_changes_by_itself_is_not_kept(client: Client, function: str) -> None:
    """A query with a clock or dice in it is asked anew each time."""
    response = client.get("/sparql", params={"query": f"SELECT ({function} AS ?x) {{}}"})

    assert response.headers["cache-control"] == "no-store"
    assert len(client.app.cache) == 0


def test_problems_are_not_kept(client: Client) -> None:
    """An error is told anew each time."""
    client.get("/doc/none")
    client.get("/sparql?query=x")

    assert len(client.app.cache) == 0


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_answers_are_encoded(client: Client, coding: str) -> None:
    """A coding that the client accepts makes the answer shorter and nothing else."""
    plain = client.get(MANY)
    encoded = client.get(MANY, headers={"Accept-Encoding": coding})

    assert encoded.headers["content-encoding"] == coding
    assert int(encoded.headers["content-length"]) < len(plain.content) / 3
    assert encoded.content == plain.content


def test_short_answers_stay_as_they_are(client: Client) -> None:
    """What would not get shorter is not encoded."""
    response = client.get("/sparql?query=ASK%7B%7D", headers={"Accept-Encoding": "gzip"})

    assert "content-encoding" not in response.headers


def stored(size: int) -> Stored:
    """Return an answer of a size."""
    return Stored(200, (), b"x" * max(0, size - 512), b'"t"')


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(512, 3000)), max_size=40))
def test_the_cache_is_bounded(puts: list[tuple[int, int]]) -> None:
    """Whatever is put in, there are never more bytes than allowed, and they are counted rightly."""
    cache = ByteCache(10_000)
    for key, size in puts:
        cache.put(key, stored(size))

        assert cache.bytes <= 10_000
        assert cache.bytes == sum(found.size for key in range(10) if (found := cache.get(key)))


def test_the_least_used_goes_first() -> None:
    """An answer that is asked for stays; one that is not makes room."""
    cache = ByteCache(8_000)
    for key in range(8):
        cache.put(key, stored(1000))
    cache.get(0)
    cache.put(8, stored(1000))

    assert cache.get(0) is not None
    assert cache.get(1) is None


def test_one_answer_does_not_take_the_whole_cache() -> None:
    """An answer too large for its share is sent, not kept."""
    cache = ByteCache(8_000)
    cache.put("large", stored(1001))

    assert len(cache) == 0


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_a_stream_in_pieces_is_the_stream(pieces: list[bytes]) -> None:
    """Encoding piece by piece gives a body that decodes to the pieces, in either coding."""
    whole = b"".join(pieces)
    gzipped, packed = Encoder("gzip"), Encoder("zstd")
    by_gzip = b"".join([*(gzipped.add(piece) for piece in pieces), gzipped.end()])
    by_zstd = b"".join([*(packed.add(piece) for piece in pieces), packed.end()])

    assert zlib.decompress(by_gzip, 31) == whole
    assert zstandard.ZstdDecompressor().decompressobj().decompress(by_zstd) == whole
