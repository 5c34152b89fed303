"""Compare the endpoint with the native Oxigraph server, as ratios in one run.

    python3 -m venv .bench && .bench/bin/pip install oxigraph    # no dependency of ours
    .venv/bin/python bench/throughput.py --oxigraph .bench/bin/oxigraph --json throughput.json

Both servers answer from the same store, one after the other, in turns; wrk asks over HTTP with few connections that
stay open, and the table has the median of the rounds. "Cold" queries differ in a comment each, so that no cache
answers; "again" is one query over and over. Whatever is not 200 ends the run. Ours writes its access log.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox
import uvloop
from pyoxigraph import Literal, NamedNode, Triple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from pfgraph.namespaces import GRAPH, ID, PF, RDF, RDFS
from pfgraph.query.engine import Engine, Request
from pfgraph.releases.release import Release
from pfgraph.settings import Settings
from servers import running
from sites import publish, publish_shipped

JSON, TURTLE = "application/sparql-results+json", "text/turtle"
CONNECTIONS = 4
# wrk runs this: a query of its own for each request where one is cold, and the figures as JSON at the end.
LUA = """
local cold, query, accept = %s, %s, %s
local count = %d * 1000000
local function encoded(text)
  return (text:gsub("[^%%w]", function(c) return string.format("%%%%%%02X", c:byte()) end))
end
local head = "%s?query=" .. encoded(query)
request = function()
  count = count + 1
  return wrk.format("GET", cold and head .. "%%0A%%23" .. count or head, { Accept = accept })
end
done = function(summary, latency)
  local failed = summary.errors
  local bad = failed.status + failed.connect + failed.read + failed.write + failed.timeout
  io.write("JSON", string.format('{"rate": %%f, "p50_ms": %%f, "p99_ms": %%f, "bad": %%d}',
    summary.requests / summary.duration * 1000000, latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
"""


@dataclass(frozen=True)
class Case:
    """One kind of query: a name, its text, what is accepted, and whether every one differs."""

    name: str
    query: str
    accept: str = JSON
    is_cold: bool = True
    wanted: float = 0.0


@dataclass
class Found:
    """What came of a case: requests a second and latencies of both servers, medians of the rounds."""

    data: str
    case: str
    ours: float
    native: float
    ratio: float
    wanted: float
    ours_p50_ms: float
    native_p50_ms: float
    ours_p99_ms: float
    native_p99_ms: float


def cases(thing: str, label: str, heavy: str) -> list[Case]:
    """Return what is asked of a graph in which this is a thing."""
    name = f"SELECT ?o {{ <{thing}> <{RDFS.label.value}> ?o }}"
    return [
        Case("ASK, cold", f"ASK {{ <{thing}> ?p ?o }}", wanted=0.3),
        Case("SELECT one name, cold", name, wanted=0.3),
        Case("DESCRIBE one thing, cold", f"DESCRIBE <{thing}>", TURTLE),
        Case("SELECT one name, again", name, is_cold=False, wanted=1.0),
        Case("DESCRIBE one thing, again", f"DESCRIBE <{thing}>", TURTLE, is_cold=False, wanted=1.0),
        Case(f"{label}, cold", heavy, wanted=0.9),
    ]


def synthetic(home: Path, triples: int) -> Release:
    """Publish a seeded graph: things of a few kinds with names, each pointing at others."""
    dice = random.Random(2023)
    things = [NamedNode(f"{ID!s}thing/{n}") for n in range(triples // 5)]
    kinds = [NamedNode(f"{ID!s}kind/{n}") for n in range(20)]

    def said() -> Iterator[Triple]:
        for n, thing in enumerate(things):
            yield Triple(thing, RDF.type, dice.choice(kinds))
            yield Triple(thing, RDFS.label, Literal(f"物 {n}", language="ja"))
            yield Triple(thing, PF.count, Literal(dice.randrange(1000)))
            yield Triple(thing, PF.partner, dice.choice(things))
            yield Triple(thing, PF.buildsOn, dice.choice(things))

    return publish(home, {GRAPH["data/synthetic"].value: said()})


@contextmanager
def native(oxigraph: Path, store: Path) -> Iterator[str]:
    """Lend the address of the native server over a store."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(oxigraph), "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            try:
                httpx.get(f"http://127.0.0.1:{port}/query?query=ASK%7B%7D")
                break
            except httpx.HTTPError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/query"
    finally:
        process.kill()
        process.wait()


def load(url: str, case: Case, seconds: float) -> dict[str, float]:
    """Return what wrk measures of a case at an address."""
    base, _, path = url.removeprefix("http://").partition("/")
    texts = [json.dumps(text) for text in (case.query, case.accept)]
    script = LUA % ("true" if case.is_cold else "false", *texts, random.randrange(10**6), f"/{path}")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--timeout", "30s", "-s", file.name]
        done = subprocess.run(["wrk", *options, f"http://{base}"], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.partition("JSON")[2])
    if found["bad"]:
        raise SystemExit(f"{case.name}: {found['bad']:g} of the answers of {url} were no answers")
    return found


def compared(data: str, case: Case, addresses: tuple[str, str], rounds: int, seconds: float) -> Found:
    """Return a case's medians, ours and the native server's in turns."""
    runs: tuple[list[dict[str, float]], list[dict[str, float]]] = ([], [])
    for url in addresses:
        load(url, case, 1)
    for _ in range(rounds):
        for url, into in zip(addresses, runs, strict=True):
            into.append(load(url, case, seconds))
    ours, theirs = ({name: statistics.median(run[name] for run in each) for name in each[0]} for each in runs)
    return Found(
        data,
        case.name,
        round(ours["rate"], 1),
        round(theirs["rate"], 1),
        round(ours["rate"] / theirs["rate"], 2),
        case.wanted,
        *(round(each[name], 2) for name in ("p50_ms", "p99_ms") for each in (ours, theirs)),
    )


async def cell_cost(release: Release, times: int = 2000) -> dict[str, float]:
    """Return the median time of a tiny query in process, and asked of the engine, in milliseconds."""
    query = "ASK { <urn:example:x> ?p ?o }"
    store = ox.Store.read_only(str(release.store_path))
    inside = [timed(lambda: bool(store.query(query))) for _ in range(times)]
    engine = Engine(Settings())
    await engine.start()
    outside = []
    for _ in range(times):
        began = time.perf_counter()
        await engine.answer(Request(query, JSON, release))
        outside.append(time.perf_counter() - began)
    await engine.close()
    here, there = (statistics.median(each) * 1000 for each in (inside, outside))
    return {"in_process_ms": round(here, 3), "in_a_cell_ms": round(there, 3), "added_ms": round(there - here, 3)}


def timed(work: Callable[[], object]) -> float:
    """Return how long something takes, in seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def table(found: list[Found]) -> Iterator[str]:
    """Return the figures as a table in Markdown."""
    yield "| data | query | ours, req/s | native, req/s | ratio | wanted | p50 ms | native p50 |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for each in found:
        wanted = f"≥ {each.wanted:g}" if each.wanted else ""
        yield (
            f"| {each.data} | {each.case} | {each.ours:,.0f} | {each.native:,.0f} | {each.ratio:.2f} | {wanted} "
            f"| {each.ours_p50_ms:.2f} | {each.native_p50_ms:.2f} |"
        )


def measured(asked: argparse.Namespace, data: str, home: Path, release: Release, cases: list[Case]) -> list[Found]:
    """Return the figures of all cases on one release."""
    with running(home) as server, native(asked.oxigraph, release.store_path) as other:
        addresses = (f"{server.url}/sparql", other)
        return [compared(data, case, addresses, asked.rounds, asked.seconds) for case in cases]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--oxigraph", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--triples", type=int, default=1_000_000)
    asked = parser.parse_args()
    joined = "SELECT ?p ?q (COUNT(*) AS ?n) { ?s ?p ?o . ?o ?q ?r } GROUP BY ?p ?q ORDER BY DESC(?n) LIMIT 10"
    grouped = "SELECT ?k (COUNT(*) AS ?n) { ?s a ?k } GROUP BY ?k"
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        shipped = publish_shipped(Path(small))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            cost = runner.run(cell_cost(shipped))
        print(f"a tiny query: {cost}", flush=True)
        of_shipped = cases(ID["government/312011"].value, "all joins counted", joined)
        found = measured(asked, "shipped", Path(small), shipped, of_shipped)
        print("\n".join(table(found)), flush=True)
        if asked.triples:
            made = synthetic(Path(large), asked.triples)
            of_made = cases(ID["thing/77"].value, "all types counted", grouped)
            more = measured(asked, f"{made.manifest.triples:,} triples", Path(large), made, of_made)
            print("\n".join(table(more)), flush=True)
            found += more
    if asked.json:
        asked.json.write_text(json.dumps({"cell": cost, "cases": [asdict(each) for each in found]}, indent=1))


if __name__ == "__main__":
    main()
