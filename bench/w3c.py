"""Run the W3C's SPARQL query tests through a server of ours, over HTTP, and say which fail.

    .venv/bin/python bench/w3c.py FOLDER [--json FILE]

FOLDER holds `sparql11/` and `dawg-data-r2/` as the W3C publishes them; they are not part of this repository.
Each data file becomes a named graph of one release; a test's dataset is `default-graph-uri` and `named-graph-uri`.
Solutions are compared as multisets up to the names of blank nodes, graphs by isomorphism.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pyoxigraph as ox

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from isomorphism import Row, same_graph, same_solutions
from servers import Server, over

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DAWG = "http://www.w3.org/2001/sw/DataAccess/tests/test-dawg#"
BASE = "http://w3c.example/"
# Not queries, not ours to answer (SERVICE is refused here), or not simple entailment.
SKIPPED = {"entailment", "service", "syntax-fed", "protocol", "service-description", "http-rdf-update"}
DATA = (".ttl", ".rdf", ".nt", ".n3")
NTRIPLES, JSON = "application/n-triples", "application/sparql-results+json"


@dataclass(frozen=True)
class Test:
    """One entry of a manifest."""

    suite: str
    name: str
    kind: str
    query: Path
    default: tuple[str, ...]
    named: tuple[str, ...]
    result: Path | None
    is_lax: bool


class Manifest:
    """The tests in one manifest file."""

    def __init__(self, path: Path, root: Path) -> None:
        self._path, self._root = path, root
        self._store = ox.Store()
        self._store.load(path.read_bytes(), ox.RdfFormat.TURTLE, base_iri=address(path, root))

    @property
    def suite(self) -> str:
        """The folder it is in."""
        return str(self._path.parent.relative_to(self._root))

    def entries(self) -> Iterator[tuple[ox.NamedNode, str]]:
        """Return each test that was not turned down, and of what kind it is."""
        for head in self.objects(None, MF + "entries"):
            for entry in self._list(head):
                kinds = [kind.value.removeprefix(MF) for kind in self.objects(entry, RDF + "type")]
                approvals = {str(each) for each in self.objects(entry, DAWG + "approval")}
                if not any("Rejected" in each or "Withdrawn" in each for each in approvals):
                    yield entry, kinds[0] if kinds else "QueryEvaluationTest"

    def tests(self) -> Iterator[Test]:
        """Return the query tests."""
        for entry, kind in self.entries():
            if "Update" not in kind:
                yield self._test(entry, kind)

    def _test(self, entry: ox.NamedNode, kind: str) -> Test:
        action = self.objects(entry, MF + "action")[0]
        query = action if isinstance(action, ox.NamedNode) else self.objects(action, QT + "query")[0]
        result = next(iter(self.objects(entry, MF + "result")), None)
        return Test(
            suite=self.suite,
            name=entry.value.rpartition("#")[2],
            kind=kind,
            query=self.file(query),
            default=tuple(node.value for node in self.objects(action, QT + "data")),
            named=tuple(node.value for node in self.objects(action, QT + "graphData")),
            result=self.file(result) if isinstance(result, ox.NamedNode) else None,
            is_lax=bool(self.objects(entry, MF + "resultCardinality")),
        )

    def file(self, node: ox.NamedNode) -> Path:
        """Return the file that an IRI stands for."""
        return self._root / node.value.removeprefix(BASE)

    def objects(self, subject: ox.NamedNode | ox.BlankNode | None, predicate: str) -> list[ox.NamedNode]:
        """Return the values of a property."""
        return [q.object for q in self._store.quads_for_pattern(subject, ox.NamedNode(predicate), None)]

    def _list(self, head: ox.NamedNode) -> Iterator[ox.NamedNode]:
        while head.value != RDF + "nil":
            yield self.objects(head, RDF + "first")[0]
            head = self.objects(head, RDF + "rest")[0]


def address(path: Path, root: Path) -> str:
    """Return the IRI of a file of the suite."""
    return BASE + str(path.relative_to(root))


def readable(root: Path) -> dict[str, Path]:
    """Return the data files that can be read, by their IRIs."""
    found = {}
    for path in sorted(root.rglob("*")):
        if path.suffix not in DATA or not path.is_file() or SKIPPED & set(path.parts):
            continue
        form = ox.RdfFormat.from_extension(path.suffix[1:]) or ox.RdfFormat.TURTLE
        try:
            list(ox.parse(path.read_bytes(), form, base_iri=address(path, root)))
        except SyntaxError as error:
            print(f"not readable: {path.relative_to(root)}: {error}", file=sys.stderr)
        else:
            found[address(path, root)] = path
    return found


class Run:
    """A run of tests against one server."""

    def __init__(self, server: Server, root: Path) -> None:
        self._url, self._root = f"{server.url}/sparql", root
        self._client = httpx.Client(timeout=30)

    def failure(self, test: Test) -> str | None:
        """Return why a test fails, None where it passes."""
        text = test.query.read_text("utf-8")
        if test.kind.startswith(("PositiveSyntax", "NegativeSyntax")):
            status = self._ask(test, text, "*/*").status_code
            wanted = {400} if test.kind.startswith("Negative") else {200}
            return None if status in wanted else f"status {status}"
        if test.result is None:
            return "no result"
        return self._compared(test, text, test.result)

    def _ask(self, test: Test, text: str, accept: str) -> httpx.Response:
        # The base of a query is the address of its file, which a server over HTTP cannot know.
        query = f"BASE <{address(test.query, self._root)}>\n{text}"
        fields: dict[str, str | list[str]] = {"query": query}
        if test.default or test.named or "FROM" not in text.upper():
            fields["default-graph-uri"] = list(test.default) or ["urn:example:nothing"]
            fields["named-graph-uri"] = list(test.named)
        return self._client.post(self._url, data=fields, headers={"Accept": accept})

    def _compared(self, test: Test, text: str, result: Path) -> str | None:
        if result.suffix in {".csv", ".tsv"}:
            return self._tabular(test, text, result)
        expected = expectation(result, address(result, self._root))
        is_graph = isinstance(expected, frozenset)
        response = self._ask(test, text, NTRIPLES if is_graph else JSON)
        if response.status_code != 200:
            return f"status {response.status_code}: {response.text[:300]}"
        if isinstance(expected, frozenset):
            triples = [quad.triple for quad in ox.parse(response.content, ox.RdfFormat.N_TRIPLES)]
            return None if same_graph(triples, expected) else "another graph"
        found = solutions(ox.parse_query_results(response.content, ox.QueryResultsFormat.JSON))
        if isinstance(found, bool) or isinstance(expected, bool):
            return None if found == expected else f"{found} instead of {expected}"
        if test.is_lax:
            found, expected = deduplicated(found), deduplicated(expected)
        return None if same_solutions(found, expected) else "other solutions"

    def _tabular(self, test: Test, text: str, result: Path) -> str | None:
        media_type = "text/csv" if result.suffix == ".csv" else "text/tab-separated-values"
        response = self._ask(test, text, media_type)
        if response.status_code != 200:
            return f"status {response.status_code}"
        if result.suffix == ".tsv":
            found, expected = (
                solutions(ox.parse_query_results(each, ox.QueryResultsFormat.TSV))
                for each in (response.content, result.read_bytes())
            )
            return None if same_solutions(found, expected) else "other solutions"
        rows = [table(each) for each in (response.text, result.read_text("utf-8"))]
        return None if rows[0] == rows[1] else "other rows"


def table(text: str) -> Counter[tuple[str, ...]]:
    """Return the rows of a CSV, in any order; of blank nodes only that they are."""
    rows = csv.reader(io.StringIO(text))
    return Counter(tuple("_:" if cell.startswith("_:") else cell for cell in row) for row in rows)


def expectation(path: Path, base: str) -> bool | list[Row] | frozenset[ox.Triple]:
    """Return what a result file says: a boolean, solutions, or a graph."""
    if path.suffix == ".srx":
        return solutions(ox.parse_query_results(path.read_bytes(), ox.QueryResultsFormat.XML))
    if path.suffix == ".srj":
        return solutions(ox.parse_query_results(path.read_bytes(), ox.QueryResultsFormat.JSON))
    form = ox.RdfFormat.from_extension(path.suffix[1:]) or ox.RdfFormat.TURTLE
    store = ox.Store()
    store.load(path.read_bytes(), form, base_iri=base)
    sets = list(store.quads_for_pattern(None, ox.NamedNode(RDF + "type"), ox.NamedNode(RS + "ResultSet")))
    if not sets:
        return frozenset(quad.triple for quad in store)
    return from_graph(store, sets[0].subject)


def from_graph(store: ox.Store, head: ox.NamedNode | ox.BlankNode) -> bool | list[Row]:
    """Return the result set that a graph describes."""

    def objects(subject: ox.NamedNode | ox.BlankNode, local: str) -> list[ox.Literal]:
        return [q.object for q in store.quads_for_pattern(subject, ox.NamedNode(RS + local), None)]

    for boolean in objects(head, "boolean"):
        return boolean.value == "true"
    rows = objects(head, "solution")
    return [
        {objects(each, "variable")[0].value: objects(each, "value")[0] for each in objects(row, "binding")}
        for row in rows
    ]


def solutions(found: ox.QuerySolutions | ox.QueryBoolean) -> bool | list[Row]:
    """Return solutions as rows, or the boolean."""
    if isinstance(found, ox.QueryBoolean):
        return bool(found)
    names = [variable.value for variable in found.variables]
    return [{name: row[name] for name in names if row[name] is not None} for row in found]


def deduplicated(rows: list[Row]) -> list[Row]:
    """Return each row once."""
    return list({tuple(sorted((name, str(term)) for name, term in row.items())): row for row in rows}.values())


def main() -> None:
    """Run the tests, and print what failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    root = asked.folder.absolute()
    manifests = [path for path in sorted(root.rglob("manifest.ttl")) if not SKIPPED & set(path.parts)]
    tests = [test for path in manifests for test in Manifest(path, root).tests() if test.query.is_file()]
    with tempfile.TemporaryDirectory() as home, over(readable(root), Path(home)) as server:
        run = Run(server, root)
        failed = {test: why for test in tests if (why := run.failure(test)) is not None}
    counts = Counter(test.suite for test in tests)
    for suite in sorted(counts):
        bad = [test for test in failed if test.suite == suite]
        print(f"{suite:45} {counts[suite] - len(bad):4} of {counts[suite]:4}")
        for test in bad:
            print(f"    {test.name}: {failed[test]}")
    print(f"{len(tests) - len(failed)} of {len(tests)}")
    if asked.json:
        found = [
            {"suite": test.suite, "test": test.name, "kind": test.kind, "why": why} for test, why in failed.items()
        ]
        asked.json.write_text(json.dumps({"tests": len(tests), "suites": counts, "failed": found}, indent=1))


if __name__ == "__main__":
    main()
