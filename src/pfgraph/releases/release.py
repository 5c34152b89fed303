"""A release: an immutable directory that holds everything needed to answer for one state of the graph."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from pyoxigraph import NamedNode, Quad, Store

from pfgraph.errors import ReleaseError
from pfgraph.graph.dataset import Dataset, digest, empty_graph
from pfgraph.graph.sums import LineSum
from pfgraph.graph.validation import Report
from pfgraph.namespaces import OWL, PF
from pfgraph.releases import durability
from pfgraph.releases.manifest import ID_LENGTH, Manifest, version_of
from pfgraph.sources import queries
from pfgraph.sources.queries import CannedQuery
from pfgraph.sources.tree import SourceTree

STORE = "store"
DUMP = "data.nq.gz"
REPORT = "report.json"
REPORT_TURTLE = "report.ttl"
MANIFEST = "manifest.json"
LEASE = "lease"
CHANGE = "change.gz"


@dataclass(frozen=True)
class Release:
    """A directory and its manifest; nothing in it changes once it is published."""

    path: Path
    manifest: Manifest

    @classmethod
    def open(cls, path: Path) -> Release:
        """Return the release in a directory."""
        return cls(path, Manifest.read(path / MANIFEST))

    @property
    def id(self) -> str:
        """The name of the release: the beginning of its digest."""
        return self.manifest.id

    @cached_property
    def store_path(self) -> Path:
        """The Oxigraph store; open it read-only."""
        return self.path / STORE

    @property
    def dump_path(self) -> Path:
        """All quads as sorted N-Quads, gzipped, whose lines the digest is over; a release that was written has none."""
        return self.path / DUMP

    @property
    def change_path(self) -> Path:
        """What was changed since the release that this one is laid on; see `layers`."""
        return self.path / CHANGE

    @property
    def report_path(self) -> Path:
        """The validation report as JSON; beside it is the same as Turtle."""
        return self.path / REPORT

    @property
    def lease_path(self) -> Path:
        """The file whose shared lock keeps the release from being removed."""
        return self.path / LEASE

    def queries(self) -> Mapping[str, CannedQuery]:
        """Return the release's queries by name."""
        return self._queries

    @cached_property
    def _queries(self) -> Mapping[str, CannedQuery]:
        files = sorted((self.path / "queries").glob("*.rq"))
        read = (queries.read(file, f"queries/{file.name}") for file in files)
        return {query.name: query for query in read}

    def faults(self) -> Iterator[str]:
        """Return what in the directory is not as the manifest says: file names, and the store's digest."""
        yield from self.file_faults()
        if _store_digest(self.store_path) != self.manifest.digest:
            yield STORE

    def file_faults(self) -> Iterator[str]:
        """Return which files beside the store are not as the manifest says."""
        for file, expected in self.manifest.files.items():
            path = self.path / file
            if not path.is_file() or sha256(path.read_bytes()).hexdigest() != expected:
                yield file


def freeze(dataset: Dataset, report: Report, tree: SourceTree, path: Path) -> Release:
    """Return a release written to an empty directory, down to the disk; it is not published yet."""
    lines = dataset.lines()
    summed = LineSum().plus(lines).plus(empty_graph(iri) for iri, triples in dataset.graphs.items() if not triples)
    whole = summed.digest
    write_store(path / STORE, dataset.quads(), map(NamedNode, dataset.graphs))
    if _store_digest(path / STORE) != whole:
        raise ReleaseError(
            "ストアの内容がデータと一致しません。",
            "The store does not hold what the dataset says.",
            where=str(path / STORE),
            expected=whole,
        )
    contents = {
        DUMP: gzipped(lines),
        REPORT: report.to_json().encode(),
        REPORT_TURTLE: report.to_turtle().encode(),
        LEASE: b"",
        **tree.served,
    }
    for file, content in contents.items():
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        (path / file).write_bytes(content)
    manifest = _manifest(dataset, report, tree, summed, contents)
    (path / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    durability.sync_tree(path)
    return Release(path, manifest)


def write_store(path: Path, quads: Iterable[Quad], graphs: Iterable[NamedNode]) -> None:
    """Write a store with some quads and named graphs, which may be empty."""
    store = Store(str(path))
    store.bulk_extend(quads)
    for graph in graphs:
        store.add_graph(graph)
    store.flush()
    store.optimize()
    store.flush()


def _store_digest(path: Path) -> str | None:
    """Return the digest of what a store holds, or None where it cannot be read."""
    try:
        store = Store.read_only(str(path))
        return digest((f"{quad} ." for quad in store), empty_graphs(store))
    except (OSError, RuntimeError):
        return None


def empty_graphs(store: Store) -> Iterator[str]:
    """Yield the named graphs of a store that state nothing."""
    for graph in store.named_graphs():
        if isinstance(graph, NamedNode) and not any(store.quads_for_pattern(None, None, None, graph)):
            yield graph.value


def gzipped(lines: Iterable[str]) -> bytes:
    """Return lines as a gzip file that is the same for the same lines: without name or time."""
    content = BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=content, mtime=0) as file:
        for line in lines:
            file.write(line.encode() + b"\n")
    return content.getvalue()


def _manifest(
    dataset: Dataset, report: Report, tree: SourceTree, summed: LineSum, contents: Mapping[str, bytes]
) -> Manifest:
    severities = [result.severity.value for result in report.results]
    return Manifest(
        id=summed.digest[:ID_LENGTH],
        digest=summed.digest,
        created=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        pfgraph=version_of("pfgraph"),
        pyoxigraph=version_of("pyoxigraph"),
        ontology=_ontology_version(dataset),
        triples=len(dataset.default_graph),
        quads=sum(len(triples) for triples in dataset.graphs.values()),
        graphs={iri: len(triples) for iri, triples in dataset.graphs.items()},
        conforms=report.conforms,
        results={severity: severities.count(severity) for severity in sorted(set(severities))},
        sources=dict(tree.digests),
        files={file: sha256(content).hexdigest() for file, content in contents.items()},
        sum=summed.to_hex(),
    )


def _ontology_version(dataset: Dataset) -> str:
    """Return the version the ontology gives itself, or nothing."""
    ontology = NamedNode(str(PF).removesuffix("#"))
    versions = (
        triple.object.value  # type: ignore[union-attr]
        for triple in dataset.default_graph
        if triple.subject == ontology and triple.predicate == OWL.versionInfo
    )
    return next(versions, "")
