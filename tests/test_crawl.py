"""A crawl of the whole release: no link is dead, and every IRI of ours answers in every format with the same graph."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

import pytest

from crawling import SYNTAXES, Links, canonical, internal, is_table, mentioned, ours, path_of, triples
from pfgraph.namespaces import base_iri
from pfgraph.web import replies
from sites import Client

# Of links that every page has anew, such as the one that opens a thing in SPARQL, one in so many is followed;
# which ones, their address decides, so it is the same ones each time.
ONE_IN = 20
# Queries written into a link, the same page of a release by its number, narrowed collections,
# and the counts in the metadata.
SAMPLED = ("/sparql?", "/cite?", "/timemap/", "/releases/", "/dataset/", "/graph/metadata?")
# Other forms of a document, all of which are asked for by Accept below.
SUFFIXES = tuple(f".{name}" for name in replies.SUFFIXES)
# What is no RDF document but a file or a page: it answers, and in which forms is for others to say.
FILES = (".gz", ".ttl", ".csv", ".json", ".jsonld", "SHA256SUMS")
# Answers of which CSV is no form: the first page and the endpoint lead to the catalogue and to the description.
NOT_TABLES = ("/", "/catalog", "/sparql")


@dataclass
class Crawl:
    """What a crawl saw: the status of each address, the pages with the ids in them, and where each link stood."""

    status: dict[str, int] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    found_on: dict[str, str] = field(default_factory=dict)


def is_followed(address: str) -> bool:
    """Whether a link is followed: all are but the other language, and most of those that are sampled."""
    if any(name == "lang" for name, _ in parse_qsl(urlsplit(address).query)):
        return False
    narrowed = address.startswith("/collections/") and "?" in address
    sampled = narrowed or address.startswith(SAMPLED) or urlsplit(address).path.endswith(SUFFIXES)
    return not sampled or crc32(address.encode()) % ONE_IN == 0


@pytest.fixture(scope="module")
def crawl(shipped: Client) -> Crawl:
    """Return what is seen by following every link from the first page on."""
    seen, left = Crawl(found_on={"/": ""}), deque(["/"])
    while left:
        path = left.popleft()
        response = shipped.get(path, "text/html,*/*;q=0.1")
        seen.status[path] = response.status_code
        kind = response.headers.get("content-type", "")
        links = [response.headers["location"]] if "location" in response.headers else []
        if kind.startswith("text/html"):
            page = Links(response.text)
            seen.ids[path], seen.sizes[path] = page.ids, len(response.content)
            links += page.found
        for address, fragment in sorted(internal(path, links)):
            if fragment:
                seen.anchors.setdefault((address, fragment), path)
            if address not in seen.found_on and is_followed(address):
                seen.found_on[address] = path
                left.append(address)
    return seen


def test_no_link_of_a_page_is_dead(crawl: Crawl) -> None:
    """Whatever page is linked to, from wherever, there is an answer."""
    dead = {path: (status, crawl.found_on[path]) for path, status in crawl.status.items() if status >= 400}

    assert dead == {}


def test_the_crawl_sees_the_whole_release(crawl: Crawl, shipped: Client) -> None:
    """Every thing with an IRI of ours has a page that is reached by following links from the first one."""
    things = {path_of(iri) for iri in ours(shipped) if iri.startswith(f"{base_iri()}id/")}

    assert {path.replace("/id/", "/doc/", 1) for path in things} - crawl.status.keys() == set()


def test_a_link_to_a_place_on_a_page_finds_it(crawl: Crawl) -> None:
    """Every fragment of a link is an id of the page it leads to, such as a term of the ontology."""
    lost = {
        f"{path}#{fragment}": page
        for (path, fragment), page in crawl.anchors.items()
        if path in crawl.ids and fragment not in crawl.ids[path]
    }

    assert lost == {}


def test_every_page_is_small(crawl: Crawl) -> None:
    """A page is at most 60 KB, as it is before it is packed; the answer to a query may be longer."""
    pages = {path: size for path, size in crawl.sizes.items() if not path.startswith(("/sparql?", "/queries/"))}

    assert {path: size for path, size in pages.items() if size > 60_000} == {}


@dataclass(frozen=True)
class Documents:
    """Every document of the release: its path, the IRIs that lead to it, and what its forms say."""

    wanted: Mapping[str, set[str]]
    bodies: Mapping[tuple[str, str], tuple[int, str, bytes]]
    context: dict[str, Any]


@pytest.fixture(scope="module")
def documents(shipped: Client) -> Documents:
    """Return the answers to asking for every IRI of ours in the data in every format, as any client would."""
    wanted: dict[str, set[str]] = {}
    for iri in sorted(ours(shipped)):
        if not iri.endswith(FILES):
            wanted.setdefault(path_of(iri), set()).add(iri)
    bodies = {}
    for path in wanted:
        for media_type in SYNTAXES:
            if media_type != "text/csv" or path not in NOT_TABLES:
                response = shipped.get(path, media_type, follow_redirects=True)
                kind = response.headers.get("content-type", "").partition(";")[0]
                bodies[path, media_type] = response.status_code, kind, response.content
    return Documents(wanted, bodies, shipped.get("/context/v1.jsonld").json())


def test_every_iri_of_ours_answers_in_every_format(documents: Documents) -> None:
    """Each IRI of ours that occurs in the data leads to an answer in the very format that is accepted."""
    wrong = {
        asked: (status, kind)
        for asked, (status, kind, _) in documents.bodies.items()
        if (status, kind) != (200, asked[1])
    }

    assert wrong == {}


def test_every_iri_of_ours_leads_to_a_graph_that_mentions_it(documents: Documents) -> None:
    """In whatever format, the graph at an IRI of ours says something of that IRI, fragments included."""
    missing = {
        (path, media_type): lost
        for (path, media_type), (_, _, body) in documents.bodies.items()
        if (lost := documents.wanted[path] - mentioned(triples(body, media_type, documents.context)))
    }

    assert missing == {}


def test_all_formats_of_a_document_are_isomorphic(documents: Documents) -> None:
    """Turtle, N-Triples, N-Quads, TriG, RDF/XML, JSON-LD and CSV of a document are the same graph.

    The endpoint says of itself when it was asked, so what it says is no document.
    """
    different = []
    for path in documents.wanted:
        said = [
            canonical(triples(documents.bodies[path, media_type][2], media_type, documents.context))
            for media_type in SYNTAXES
            if (path, media_type) in documents.bodies
        ]
        if any(each != said[0] for each in said):
            different.append(path)

    assert different == []


def test_no_link_in_rdf_is_dead(documents: Documents, shipped: Client) -> None:
    """What a document mentions under our base or on this host is there, though the release may not name it."""
    bodies = [body for (_, media_type), (_, _, body) in documents.bodies.items() if media_type == "text/turtle"]
    iris = set().union(*(mentioned(triples(body, "text/turtle", documents.context)) for body in bodies))
    paths = {path_of(iri) for iri in iris if iri.startswith(base_iri())}
    paths |= {iri.removeprefix("http://test").partition("#")[0] for iri in iris if iri.startswith("http://test/")}
    asked = sorted(paths - documents.wanted.keys())
    statuses = {path: shipped.get(path, "text/turtle,*/*;q=0.1", follow_redirects=True).status_code for path in asked}

    assert asked
    assert {path: status for path, status in statuses.items() if status != 200} == {}


def test_tables_have_their_columns(documents: Documents) -> None:
    """Every document as CSV begins with the same header row."""
    bodies = [body for (_, media_type), (_, _, body) in documents.bodies.items() if media_type == "text/csv"]

    assert bodies
    assert all(map(is_table, bodies))


def test_files_of_the_release_are_there(shipped: Client) -> None:
    """Each dump and table that the data names as a distribution can be had."""
    paths = {path_of(iri) for iri in ours(shipped) if iri.endswith(FILES) and "#" not in iri}
    statuses = {path: shipped.get(path, follow_redirects=True).status_code for path in sorted(paths)}

    assert {path: status for path, status in statuses.items() if status != 200} == {}
