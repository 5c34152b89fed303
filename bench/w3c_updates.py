"""Run the W3C's SPARQL Update tests through a server of ours, over HTTP, and say which fail.

    .venv/bin/python bench/w3c_updates.py FOLDER

FOLDER holds `sparql11/` as the W3C publishes it; it is not part of this repository. The server keeps a plain dataset:
each graph of a test is put by the Graph Store Protocol, the update is posted, and every graph is read back. A test
that fails is also run by pyoxigraph in this process. The protocol tests are requests, in `w3c_requests.py`.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox
from w3c import MF, SKIPPED, Manifest, address

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import w3c_requests

from isomorphism import same_graph
from pfgraph.publish import tokens
from servers import Server, over

UT = "http://www.w3.org/2009/sparql/tests/test-update#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
NTRIPLES, UPDATE = "application/n-triples", "application/sparql-update"
DEFAULT = ""
# What an update that is well-formed may still be refused for: a graph that is not there, or is; what would be fetched.
WELL_FORMED = {200, 201, 204, 403, 404, 409}
# LOAD is refused before anything is read, so a malformed one is refused for being one.
MALFORMED = {400, 403}
Graphs = Mapping[str, Path | None]


@dataclass(frozen=True, eq=False)
class Test:
    """One entry of a manifest: the graphs before an update (None: empty), and those after it, by name."""

    suite: str
    name: str
    kind: str
    request: Path
    before: Graphs
    after: Graphs

    @property
    def text(self) -> str:
        """The update."""
        return self.request.read_text("utf-8")


def tests_in(manifest: Manifest) -> Iterator[Test]:
    """Return the update tests of a manifest."""
    for entry, kind in manifest.entries():
        if "Update" not in kind:
            continue
        (action,) = manifest.objects(entry, MF + "action")
        results = manifest.objects(entry, MF + "result")
        is_syntax = isinstance(action, ox.NamedNode)
        request = action if is_syntax else manifest.objects(action, UT + "request")[0]
        before, after = ({} if is_syntax or not n else _graphs(manifest, n[0]) for n in ([action], results))
        name = entry.value.rpartition("#")[2]
        yield Test(manifest.suite, name, kind, manifest.file(request), before, after)


def _graphs(manifest: Manifest, node: ox.NamedNode) -> Graphs:
    found: dict[str, Path | None] = {}
    for file in manifest.objects(node, UT + "data"):
        found[DEFAULT] = manifest.file(file)
    for graph in manifest.objects(node, UT + "graphData"):
        files = [*manifest.objects(graph, UT + "graph"), *manifest.objects(graph, UT + "data")]
        found[manifest.objects(graph, LABEL)[0].value] = manifest.file(files[0]) if files else None
    return found


class Run:
    """A run of tests against one server."""

    def __init__(self, server: Server, token: str, root: Path) -> None:
        self._root = root
        self.client = httpx.Client(base_url=server.url, timeout=60, headers={"Authorization": f"Bearer {token}"})

    def failure(self, test: Test) -> str | None:
        """Return why a test fails, None where it passes."""
        self.client.post("/update", content="DROP ALL", headers={"Content-Type": UPDATE}).raise_for_status()
        for graph, file in test.before.items():
            body = self._triples(file)
            self.client.put(_store(graph), content=body, headers={"Content-Type": NTRIPLES}).raise_for_status()
        text = f"BASE <{address(test.request, self._root)}>\n{test.text}"
        answer = self.client.post("/update", content=text.encode(), headers={"Content-Type": UPDATE})
        if "Syntax" in test.kind:
            good = answer.status_code in (MALFORMED if "Negative" in test.kind else WELL_FORMED)
            return None if good else f"status {answer.status_code}: {answer.text[:200]}"
        if not answer.is_success:
            return f"status {answer.status_code}: {answer.text[:200]}"
        return differing({name: self._read(name) for name in self._names()}, self._root, test)

    def _triples(self, file: Path | None) -> bytes:
        triples = _parsed(file, self._root)
        return "".join(f"{triple} .\n" for triple in triples).encode()

    def _names(self) -> set[str]:
        query = "SELECT DISTINCT ?g WHERE { GRAPH ?g { ?s ?p ?o } }"
        answer = self.client.get("/sparql", params={"query": query}, headers={"Accept": "application/json"})
        return {DEFAULT} | {row["g"]["value"] for row in answer.json()["results"]["bindings"]}

    def _read(self, graph: str) -> list[ox.Triple]:
        answer = self.client.get(_store(graph), headers={"Accept": NTRIPLES})
        answer.raise_for_status()
        return [quad.triple for quad in ox.parse(answer.content, ox.RdfFormat.N_TRIPLES)]


def differing(found: Mapping[str, list[ox.Triple]], root: Path, test: Test) -> str | None:
    """Return which graph is not as a test expects, None where all are."""
    for name in sorted({*found, *test.after}):
        if not same_graph(found.get(name, []), _parsed(test.after.get(name), root)):
            return f"another graph: {name or 'the default graph'}"
    return None


def in_process(test: Test, root: Path) -> str | None:
    """Return why a test fails in pyoxigraph, None where it passes."""
    store = ox.Store()
    for name, file in test.before.items():
        graph = ox.NamedNode(name) if name else ox.DefaultGraph()
        if name:
            store.add_graph(graph)
        store.extend(ox.Quad(t.subject, t.predicate, t.object, graph) for t in _parsed(file, root))
    try:
        store.update(test.text, base_iri=address(test.request, root))
    except (SyntaxError, OSError, RuntimeError) as error:
        is_refused = isinstance(error, SyntaxError)
        return None if is_refused == ("Negative" in test.kind) and "Syntax" in test.kind else str(error)
    if "Syntax" in test.kind:
        return "accepted" if "Negative" in test.kind else None
    found: dict[str, list[ox.Triple]] = {}
    for quad in store:
        name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else DEFAULT
        found.setdefault(name, []).append(quad.triple)
    return differing(found, root, test)


def _parsed(file: Path | None, root: Path) -> list[ox.Triple]:
    if file is None:
        return []
    quads = ox.parse(file.read_bytes(), ox.RdfFormat.TURTLE, base_iri=address(file, root))
    return [quad.triple for quad in quads]


def _store(graph: str) -> str:
    return f"/store?{httpx.QueryParams({'graph': graph})}" if graph else "/store?default"


def main() -> None:
    """Run the tests, and print what failed."""
    root = Path(sys.argv[1]).absolute()
    manifests = [path for path in sorted(root.rglob("manifest.ttl")) if not SKIPPED & set(path.parts)]
    tests = [test for path in manifests for test in tests_in(Manifest(path, root))]
    token, entry = tokens.new("editor", ("write", "ontology"))
    with tempfile.TemporaryDirectory() as home, over({}, Path(home), tokens=entry, plain_dataset=True) as server:
        run = Run(server, token, root)
        failed = {test: why for test in tests if (why := run.failure(test)) is not None}
        requests = w3c_requests.failures(run.client)
    counts = Counter(test.suite for test in tests)
    for suite in sorted(counts):
        bad = [test for test in failed if test.suite == suite]
        print(f"{suite:45} {counts[suite] - len(bad):4} of {counts[suite]:4}")
        for test in bad:
            print(f"    {test.name}: {failed[test]}\n        in pyoxigraph: {in_process(test, root) or 'passes'}")
    print(f"{len(tests) - len(failed)} of {len(tests)}")
    print(f"{len(w3c_requests.CASES) - len(requests)} of {len(w3c_requests.CASES)} requests of the protocols")
    for name, why in requests.items():
        print(f"    {name}: {why}")


if __name__ == "__main__":
    main()
