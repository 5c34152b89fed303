"""Lookups: what is answered without a cell is one triple pattern, and its answer is the one that a cell would give."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QueryResultsFormat, QuerySolutions, Store, Triple
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.parserutils import CompValue

from pfgraph.namespaces import GRAPH, RDF, RDFS
from pfgraph.query import bindings
from pfgraph.query.engine import Answer, Engine, Request
from pfgraph.query.instant import MAX_BYTES, Instant
from pfgraph.query.lookups import lookup
from pfgraph.query.sparql import inspect
from pfgraph.releases.locks import unread
from pfgraph.releases.release import Release
from pfgraph.settings import Settings
from sites import publish

JSON = "application/sparql-results+json"
MEDIA_TYPES = (JSON, "application/sparql-results+xml", "text/csv", "text/tab-separated-values")
THING, NAME = NamedNode("urn:example:1"), Literal("物", language="ja")
TRIPLES = [
    Triple(THING, RDF.type, NamedNode("urn:example:Thing")),
    Triple(THING, RDFS.label, NAME),
    Triple(THING, RDFS.label, Literal('a "b"\n\\', language="en")),
    *(Triple(THING, NamedNode("urn:example:p#q"), value) for value in (Literal(7), Literal("b", language="en-GB"))),
    Triple(THING, NamedNode("urn:example:p#q"), Literal("z", datatype=NamedNode("urn:example:d\u00e9"))),
    Triple(THING, NamedNode("urn:example:p#q"), BlankNode("b1")),
    Triple(THING, NamedNode("urn:example:p#q"), Triple(THING, RDF.type, NAME)),
    Triple(BlankNode("b1"), RDF.type, NamedNode("urn:example:Thing")),
    *(Triple(NamedNode(f"urn:example:many/{n}"), RDFS.label, Literal("x" * 20)) for n in range(20_000)),
]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Return a release of a few things, and of many."""
    return publish(tmp_path_factory.mktemp("lookups"), {GRAPH["data/things"].value: frozenset(TRIPLES)})


# A body, and how many rows it has.
Found = tuple[bytes, int | None]


def _found(answer: Answer) -> Found:
    assert isinstance(answer.body, bytes)
    return answer.body, answer.rows


class Both:
    """One release, asked here and in cells."""

    def __init__(self, release: Release) -> None:
        self._release, self._runner = release, asyncio.Runner()
        self._engine, self._instant = Engine(Settings(held_bytes=2**24)), Instant()
        self._runner.run(self._instant.hold(release))

    def here(self, query: str, media_type: str) -> Found | None:
        """Return what is answered here, None where nothing is."""
        asked = lookup(query)
        found = None if asked is None else self._instant.answer(query, asked, media_type, self._release)
        return None if found is None else _found(found)

    def in_a_cell(self, query: str, media_type: str) -> Found:
        """Return what a cell answers."""
        return _found(self._runner.run(self._engine.answer(Request(query, media_type, self._release))))

    def close(self) -> None:
        """End the cells."""
        self._instant.let_go()
        self._runner.run(self._engine.close())
        self._runner.close()


@pytest.fixture(scope="module")
def both(release: Release) -> Iterator[Both]:
    """Lend both ways to an answer."""
    found = Both(release)
    yield found
    found.close()


def asynchronously(test: Callable[..., Coroutine[None, None, None]]) -> Callable[..., None]:
    """Return a test that runs on a loop of its own."""

    @wraps(test)
    def run(**given: object) -> None:
        asyncio.run(test(**given))

    return run


SPACES = st.sampled_from([*[" "] * 8, "\n", "\t ", "", " # ? } <\n", "#SERVICE <x> {}\r", "\r\n"])
SUBJECTS = st.sampled_from(
    [*["<urn:example:1>", "?s", "?x"] * 3, "?x²", "?s", "$s", "?名", "e:1", "<urn:example:no>", "e:many"]
)
PREDICATES = st.sampled_from(
    [*["<urn:example:p#q>", "?p"] * 3, "a", "?p", "rdfs:label", "?s", "e:p", "<urn:example:p>"]
)
OBJECTS = st.sampled_from(
    [
        *["?o", "?y"] * 5,
        "?s",
        "'物'@ja",
        '"物"@ja',
        '"#"',
        '"7"^^xsd:integer',
        "e:Thing",
        "<urn:example:Thing>",
        '"}"',
        '""',
        "?p",
    ]
)
PROLOGUE = (
    "PREFIX e: <urn:example:> prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#>"
    " PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
)
PROLOGUES = st.sampled_from(["", "", PROLOGUE, "PREFIX e: <no-iri> ", "PREFIX e: <urn:example:> PREFIX : <urn:x:> "])
HEADS = st.sampled_from(
    [*["ASK", "SELECT *"] * 3, "ask WHERE", "SELECT *", "SELECT ?o", "select $s ?o WHERE", "SELECT?p", "SELECT ?none"]
)
TAILS = st.sampled_from(
    [*[""] * 8, "LIMIT 1", "limit 0", "LIMIT", "OFFSET 1", "ORDER BY ?o", "SERVICE", "LIMIT 1 OFFSET 1"]
)
# What may stand between the words of a query and makes it another one, or none.
SPOILERS = st.sampled_from([*[""] * 20, *["FILTER(true)", "GRAPH", *'.+{}?<"\\;|']])


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, str]:
    """Draw what is a lookup, or nearly one, and the same as rdflib reads it.

    To it a `#` is a comment anywhere, and a `?` behind an IRI is one of a path.
    """
    words = [draw(HEADS), "{", draw(SUBJECTS), draw(PREDICATES), draw(OBJECTS), draw(SPOILERS), "}", draw(TAILS)]
    spaces = [draw(SPACES) for _ in words]
    plain = "".join(word + space[:1].replace("#", " ") for word, space in zip(words, spaces, strict=True))
    text = "".join(word + space for word, space in zip(words, spaces, strict=True))
    prologue = draw(PROLOGUES)
    return prologue + text, prologue + re.sub(r"(?<=[>\w])(?=[?$])", " ", plain.replace("#", "-"))


def patterns(node: object) -> list[CompValue]:
    """Return every part of a query's algebra."""
    if isinstance(node, CompValue):
        return [node, *(part for value in node.values() for part in patterns(value))]
    return [part for each in node for part in patterns(each)] if isinstance(node, list | tuple) else []


@given(texts(), st.sampled_from(MEDIA_TYPES))
def test_a_lookup_is_one_pattern_and_is_answered_as_in_a_cell(
    both: Both, texts: tuple[str, str], media_type: str
) -> None:
    text, plain = texts
    found = both.here(text, media_type)
    if found is None:
        return
    # Of the other reader of SPARQL: nothing but one pattern, projected, and cut off.
    parts = patterns(prepareQuery(plain).algebra)
    assert {part.name for part in parts} <= {"SelectQuery", "AskQuery", "Project", "BGP", "Slice"}
    ((triple,),) = [part.triples for part in parts if part.name == "BGP"]
    names = [str(term) for term in triple if term.n3().startswith("?")]
    assert len(set(names)) == len(names)
    assert found == both.in_a_cell(text, media_type)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
TERMS = st.one_of(
    TEXTS.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), TEXTS, st.sampled_from(["ja", "en-GB", "x-a"])),
    st.builds(lambda text, name: Literal(text, datatype=NamedNode(f"urn:d:{name}")), TEXTS, st.sampled_from("aé文")),
    st.one_of(st.integers(), st.booleans(), st.floats()).map(Literal),
    st.from_regex(r"urn:x:[a-zé文%&'=-]*", fullmatch=True).filter(lambda iri: "%" not in iri).map(NamedNode),
    st.builds(BlankNode),
)


@given(st.lists(TERMS, max_size=6))
def test_terms_are_written_as_the_engine_writes_them(terms: list[Literal | NamedNode | BlankNode]) -> None:
    store, query = Store(), "SELECT ?p ?o { <urn:s> ?p ?o }"
    store.extend([Quad(NamedNode("urn:s"), NamedNode("urn:p"), term) for term in terms])
    asked = lookup(query)
    assert asked is not None
    found = bindings.found(store, asked, QueryResultsFormat.JSON, 2**24)
    written = cast(QuerySolutions, store.query(query)).serialize(format=QueryResultsFormat.JSON)
    assert written is not None
    assert found == (written, len(json.loads(written)["results"]["bindings"]))


@pytest.mark.parametrize(
    "text",
    [
        "ASK { <urn:example:1> ?p ?o }",
        "ASK { ?s a <urn:example:Thing> . }",
        "SELECT ?o WHERE { <urn:example:1> <http://www.w3.org/2000/01/rdf-schema#label> ?o }",
        "# 名前\nSELECT * { ?s ?p '物'@ja } LIMIT 5",
        "SELECT * { ?z <urn:example:p#q> ?a } LIMIT 2",
        "SELECT ?a { <urn:example:1> <http://www.w3.org/2000/01/rdf-schema#label> ?a } LIMIT 1",
        "SELECT ?z ?a { ?z <urn:example:p> ?a } LIMIT 0",
        "SELECT * { <urn:example:1> a <urn:example:Thing> }",
        "PREFIX e: <urn:example:> SELECT $o { e:1 a ?o }",
    ],
)
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_what_applications_look_up_is_answered_here(both: Both, text: str, media_type: str) -> None:
    assert both.here(text, media_type) == both.in_a_cell(text, media_type)


@pytest.mark.parametrize(
    "text",
    [
        "ASK {}",
        "ASK { ?s ?p ?s }",
        "ASK { ?s ?p $s }",
        "ASK { ?s ?p ?o . ?o ?q ?r }",
        "ASK { ?s ?p ?o ; ?q ?r }",
        "ASK { ?s ?p ?o, ?r }",
        "ASK { ?s <urn:example:p>+ ?o }",
        "ASK { [] ?p ?o }",
        "ASK { _:b ?p ?o }",
        "ASK { ?s ?p ?o FILTER(?o > 1) }",
        "ASK { ?s ?p ?o } VALUES ?s { <urn:example:1> }",
        "ASK FROM <urn:example:g> { ?s ?p ?o }",
        "ASK { GRAPH ?g { ?s ?p ?o } }",
        "ASK { SERVICE <urn:example:x> { ?s ?p ?o } }",
        "ASK { SERVICE ?p ?o }",
        "ASK { ?s ?p << ?a ?b ?c >> }",
        "SELECT ?none { ?s ?p ?o }",
        "SELECT DISTINCT ?p { ?s ?p ?o }",
        "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "SELECT ?s { ?s ?p ?o } ORDER BY ?s",
        "SELECT ?s { ?s ?p ?o } OFFSET 1000000",
        "SELECT ?s { { ?s ?p ?o } }",
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DESCRIBE <urn:example:1>",
        'ASK { ?s ?p """x""" }',
        r"ASK { <urn:example:\u0031> ?p ?o }",
        "ASK { ?s ?p ?o }" + " " * 2048,
    ],
)
def test_what_may_take_long_is_no_lookup(text: str) -> None:
    assert lookup(text) is None


def test_a_query_that_fails_is_explained_as_ever(both: Both) -> None:
    for text in (
        "PREFIX : <x> ASK { ?s ?p ?o }",
        "ASK { <no-iri> ?p ?o }",
        "ASK { none:x ?p ?o }",
        "SELECT ?o { <urn:x y> ?p ?o }",
    ):
        assert both.here(text, JSON) is None
        with pytest.raises(Exception, match=r"SPARQL|接頭辞|IRI"):
            both.in_a_cell(text, JSON)


def test_a_long_answer_is_left_to_a_cell_and_costs_no_time_here(both: Both) -> None:
    for text in ("SELECT * { ?s ?p ?o }", "SELECT ?s { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?o }"):
        for media_type in ("text/csv", JSON):
            began = time.perf_counter()
            assert both.here(text, media_type) is None
            assert time.perf_counter() - began < 0.05
        assert len(both.in_a_cell(text, "text/csv")[0]) > MAX_BYTES


@asynchronously
async def test_a_lookup_needs_no_cell_on_a_release_that_is_open(release: Release) -> None:
    engine = Engine(Settings())
    await engine.start()
    asked = Request("ASK { <urn:example:1> ?p ?o }", JSON, release)
    await engine.hold(release)
    found = await engine.answer(asked)
    assert found.body == b'{"head":{},"boolean":true}'
    assert engine.health()["spawned"] == 0
    # The protocol's dataset is not the whole release.
    elsewhere = asked.__class__(asked.query, JSON, release, default_graphs=("urn:example:none",))
    assert (await engine.answer(elsewhere)).body == b'{"head":{},"boolean":false}'
    assert engine.health()["spawned"] > 0
    engine.drain()
    assert engine.at_once(asked.query, inspect(asked.query), JSON, release) is None
    await engine.close()


def is_free(release: Release) -> bool:
    """Whether nothing keeps a release from being removed."""
    with unread(release.lease_path) as found:
        return found


@asynchronously
async def test_a_release_is_kept_as_long_as_it_is_open(tmp_path: Path) -> None:
    graphs = [{GRAPH["data/things"].value: frozenset(TRIPLES[:n])} for n in (2, 3, 4)]
    old, current, new = (publish(tmp_path, each) for each in graphs)
    instant = Instant()
    await instant.hold(old)
    # By two at once.
    await asyncio.gather(instant.hold(current), instant.hold(current))
    await instant.hold(new)
    assert not any(map(is_free, (old, current, new)))
    instant.let_go(current)
    assert [is_free(each) for each in (old, current, new)] == [True, False, False]
    instant.let_go(old)
    assert not is_free(current)
    instant.let_go()
    assert all(map(is_free, (old, current, new)))


@asynchronously
async def test_a_release_that_cannot_be_opened_is_left_to_cells(tmp_path: Path) -> None:
    class Broken:
        id, store_path = "0", tmp_path / "store"

    instant = Instant()
    await instant.hold(Broken)
    query = "ASK { ?s ?p ?o }"
    asked = lookup(query)
    assert asked is not None
    assert instant.answer(query, asked, JSON, Broken) is None
