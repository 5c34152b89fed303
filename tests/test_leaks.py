"""Whatever becomes of queries, no cell and no place is lost."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.errors import QueryError
from pfgraph.namespaces import GRAPH, RDFS
from pfgraph.query.engine import Engine, Request
from pfgraph.releases.release import Release
from pfgraph.settings import Settings
from servers import named
from sites import publish

TSV = "text/tab-separated-values"
THINGS = [Triple(NamedNode(f"urn:example:{n}"), RDFS.label, Literal(str(n) * 40)) for n in range(60)]
QUERIES = {
    "small": "ASK {}",
    "wrong": "SELECT",
    "wrong for the engine": "SELECT * { BIND(1 AS ?x) BIND(2 AS ?x) }",
    "forbidden": "SELECT * { SERVICE <urn:x> {} }",
    "endless": "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }",
    "long": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "greedy": "SELECT (GROUP_CONCAT(CONCAT(STR(?c), STR(?f))) AS ?z) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
}
LIMITS = {"cells": 2, "queue_length": 6, "per_client": 4, "queue_wait_s": 0.5, "query_timeout_s": 0.3}
SMALL = {"held_bytes": 10_000, "stream_s": 0.2, "query_memory_bytes": 96 * 2**20, "drain_s": 0.1}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Return a release of a few things, any join of which is long."""
    home: Path = tmp_path_factory.mktemp("home")
    return publish(home, {GRAPH["data/x"].value: THINGS})


# A query, its client, when that client gives up, how much of the answer it reads, and whether a cell is killed.
Case = tuple[str, str, float | None, str, bool]
ASKED = st.tuples(
    st.sampled_from(sorted(QUERIES)),
    st.sampled_from(["", "a", "b"]),
    st.sampled_from([None, None, 0.0, 0.001, 0.01, 0.05, 0.2]),
    st.sampled_from(["all", "some", "none", "nothing at all"]),
    st.booleans(),
)


async def ask(engine: Engine, release: Release, query: str, client: str, reads: str) -> None:
    """Ask, and read so much of the answer; `nothing at all` is not even to close it."""
    with contextlib.suppress(QueryError):
        answer = await engine.answer(Request(QUERIES[query], TSV, release, client=client))
        if isinstance(answer.body, bytes) or reads == "nothing at all":
            return
        async for _ in answer.body:
            if reads != "all":
                break
        await answer.body.aclose()  # type: ignore[attr-defined]


async def gone_through(release: Release, asked: list[Case]) -> dict[str, int]:
    """Return what is left when queries have been asked, some of them given up and some of their cells killed."""
    engine = Engine(Settings(**LIMITS, **SMALL))  # type: ignore[arg-type]
    await engine.start()
    tasks = []
    for query, client, gives_up_s, reads, is_killed in asked:
        work = ask(engine, release, query, client, reads)
        task = asyncio.ensure_future(work if gives_up_s is None else asyncio.wait_for(work, gives_up_s))
        tasks.append(task)
        await asyncio.sleep(0.005)
        if is_killed and (alive := cells()):
            os.kill(alive[-1], signal.SIGKILL)
    await asyncio.gather(*tasks, return_exceptions=True)
    left = await rested(engine)
    await engine.close()
    return {**left, "after": len(cells()) + len(nurseries())}


# The cells that servers of other tests hold in this process.
OTHERS: set[int] = set()


def cells() -> list[int]:
    """Return the cells of this process, those of other tests' servers excepted."""
    return [pid for pid in named("pfgraph-cell", os.getpid()) if pid not in OTHERS]


def nurseries() -> list[int]:
    """Return what they come from, with the same exception."""
    return [pid for pid in named("pfgraph-nursery", os.getpid()) if pid not in OTHERS]


async def rested(engine: Engine) -> dict[str, int]:
    """Return the numbers of an engine, once they are as they should be or five seconds have passed."""
    for _ in range(250):
        health = engine.health()
        found = {"running": health["running"], "waiting": health["waiting"], "busy": health["busy"]}
        found["lost"] = health["processes"] - health["idle"]
        found["unknown"] = len(cells()) - health["idle"]
        if not any(found.values()):
            break
        await asyncio.sleep(0.02)
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=st.lists(ASKED, min_size=1, max_size=8))
def test_nothing_is_left_of_any_mixture(release: Release, asked: list[Case]) -> None:
    """After answers, failures, cancellations and killed cells, nothing runs or waits, and every process is idle."""
    OTHERS.clear()
    OTHERS.update([*cells(), *nurseries()])
    left = asyncio.run(gone_through(release, asked))

    assert left == dict.fromkeys(("running", "waiting", "busy", "lost", "unknown", "after"), 0)
