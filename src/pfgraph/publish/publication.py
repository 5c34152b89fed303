"""From a change to a release: clone, change, derive, count, judge, seal, publish; or nothing at all."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pyoxigraph import NamedNode, Quad, Store, Triple

from pfgraph.errors import NotCurrent, ReleaseError, ShapesViolated, Unauthorized
from pfgraph.graph import report as reports
from pfgraph.graph import shacl
from pfgraph.graph.dataset import empty_graph
from pfgraph.graph.metadata import METADATA
from pfgraph.graph.report import Report
from pfgraph.graph.sums import LineSum
from pfgraph.namespaces import GRAPH
from pfgraph.publish import census, derivation, gate
from pfgraph.publish.evaluation import Budget, Evaluation, Nursery
from pfgraph.publish.gate import Verdict
from pfgraph.publish.journal import DEFAULT, Journal
from pfgraph.publish.reach import Changes
from pfgraph.publish.updates import Editor
from pfgraph.publish.workbench import Workbench
from pfgraph.releases import durability
from pfgraph.releases.change import Change
from pfgraph.releases.layers import Laid
from pfgraph.releases.manifest import ID_LENGTH, Manifest, version_of
from pfgraph.releases.pipeline import SHAPES
from pfgraph.releases.release import CHANGE, DUMP, LEASE, MANIFEST, REPORT, REPORT_TURTLE, STORE, Release
from pfgraph.releases.shelf import Shelf

ONTOLOGY = "ontology"
# The shapes of the last release that was written on: to read them takes longer than to judge a fact by them.
_SHAPES_OF: dict[str, frozenset[Triple]] = {}


@dataclass(frozen=True)
class Terms:
    """On what terms a write is made: by which scopes, on which release (None: any), for good or only tried out."""

    scopes: frozenset[str]
    on: tuple[str, ...] | None = None
    dry: bool = False
    plain: bool = False
    budget: Budget = field(default_factory=Budget)
    nursery: Nursery | None = None
    bench: Workbench | None = None

    def cell(self, store_path: Path | None) -> Evaluation:
        """Return a cell on a store or on none."""
        return Evaluation(store_path, self.budget, self.nursery)


@dataclass(frozen=True)
class Outcome:
    """What became of a write: the release that is current now, the report on it, and the difference."""

    release: Release
    report: Report
    removed: tuple[Quad, ...] = ()
    added: tuple[Quad, ...] = ()
    judged: int | None = 0
    graphs_added: tuple[NamedNode, ...] = ()
    changed: bool = False


def nobody_waits(_: Release) -> None:
    """Have nothing done before a release becomes current."""


def publish(
    shelf: Shelf,
    change: Callable[[Editor], None],
    terms: Terms,
    prepare: Callable[[Release], None] = nobody_waits,
) -> Outcome:
    """Return what became of a change to the current release; on any error the current release stays.

    Just before the new release becomes current, whoever serves it may `prepare`.
    """
    with shelf.writing(), ExitStack() as until_done:
        parent = _parent(shelf, terms.on)
        bench = terms.bench or until_done.enter_context(Workbench())
        work = until_done.enter_context(bench.lend(shelf, parent, union=not terms.plain))
        journal = work.journal
        change(Editor(journal, work.path, parent.store_path, terms.cell, plain=terms.plain))
        if journal.is_empty:
            return Outcome(parent, _report(parent))
        _authorize(journal, terms.scopes)
        verdict = _follow(journal, parent, plain=terms.plain)
        removed, added = (tuple(sorted(quads, key=str)) for quads in (journal.removed, journal.added))
        if not terms.dry:
            if not verdict.report.conforms:
                raise ShapesViolated(verdict.report)
            path = until_done.enter_context(shelf.draft())
            laid = work.lay(_net(journal), path / STORE)
            made = shelf.shelve(_sealed(path, parent, _sums(journal, parent), verdict.report, laid), trusted=True)
            _pass_on_shapes(journal, parent, made)
            prepare(made)
            parent = shelf.use(made.id)
            work.done(made)
        new = tuple(sorted(journal.graphs_added, key=str))
        return Outcome(parent, verdict.report, removed, added, verdict.judged, new, changed=True)


def _parent(shelf: Shelf, on: Collection[str] | None) -> Release:
    parent = shelf.current()
    if parent is None:
        raise ReleaseError(
            "まだ版がないので、変更できません。", "There is no release to change yet.", where=str(shelf.home)
        )
    if on is not None and parent.id not in on:
        raise NotCurrent(parent.id, ", ".join(on))
    return parent


def _authorize(journal: Journal, scopes: Collection[str]) -> None:
    """Raise Unauthorized where a change to the ontology is not among what a token allows."""
    if ONTOLOGY in scopes:
        return
    touched = {quad.graph_name for quad in (*journal.added, *journal.removed)}
    for graph in sorted(touched | journal.graphs_added | journal.graphs_removed, key=str):
        if isinstance(graph, NamedNode) and graph.value.startswith(f"{GRAPH}{ONTOLOGY}/"):
            raise Unauthorized(ONTOLOGY, found=graph.value)


def _follow(journal: Journal, parent: Release, *, plain: bool) -> Verdict:
    """Have everything that follows from a change follow, and return the verdict on what would be current."""
    old = Store.read_only(str(parent.store_path))
    if not plain:
        derivation.derive(journal, old)
        census.recount(journal, old, _sizes(journal, parent, but={GRAPH[METADATA].value}))
    if _touches_shapes(journal):
        after = shapes(journal.store)
        shacl.rows((), after, "shifty")  # which refuses what are no shapes
        return Verdict(gate.judge_all(journal.store, after), None)
    removed, added = journal.triples(DEFAULT)
    return gate.judge(Changes(removed, added, old, journal.store), _report(parent), _shapes_of(parent, old))


def _touches_shapes(journal: Journal) -> bool:
    graphs = {GRAPH[name] for name in SHAPES}
    return any(quad.graph_name in graphs for quad in (*journal.added, *journal.removed))


def _shapes_of(release: Release, store: Store) -> frozenset[Triple]:
    found = _SHAPES_OF.get(release.id)
    if found is None:
        found = shapes(store)
        _SHAPES_OF.clear()
        _SHAPES_OF[release.id] = found
    return found


def _pass_on_shapes(journal: Journal, parent: Release, made: Release) -> None:
    """Have the shapes of a release known for the one made of it, where it has the same."""
    known = _SHAPES_OF.pop(parent.id, None)
    if known is not None and not _touches_shapes(journal):
        _SHAPES_OF[made.id] = known


def shapes(store: Store) -> frozenset[Triple]:
    """Return the shapes that a store has, with the prefixes their queries use."""
    return frozenset(quad.triple for name in SHAPES for quad in store.quads_for_pattern(None, None, None, GRAPH[name]))


def _report(release: Release) -> Report:
    return reports.read(release.report_path.read_bytes())


def _sizes(journal: Journal, parent: Release, but: Collection[str] = ()) -> dict[str, int]:
    """Return how many triples each named graph has."""
    change: Counter[str] = Counter()
    for sign, quads in ((1, journal.added), (-1, journal.removed)):
        for quad in quads:
            if isinstance(quad.graph_name, NamedNode):
                change[quad.graph_name.value] += sign
    named = [graph.value for graph in journal.named_graphs() if graph.value not in but]
    return {iri: parent.manifest.graphs.get(iri, 0) + change[iri] for iri in named}


def _sums(journal: Journal, parent: Release) -> Manifest:
    """Return the manifest of a changed release as far as the change tells."""
    removed, added = journal.triples(DEFAULT)
    sizes = _sizes(journal, parent)
    before = LineSum.of_hex(parent.manifest.sum).minus(_empty(parent.manifest.graphs))
    after = before.minus(_lines(journal.removed)).plus(_lines(journal.added)).plus(_empty(sizes))
    return replace(
        parent.manifest,
        id=after.digest[:ID_LENGTH],
        digest=after.digest,
        sum=after.to_hex(),
        triples=parent.manifest.triples + len(added) - len(removed),
        quads=sum(sizes.values()),
        graphs=sizes,
        parent=parent.id,
    )


def _empty(sizes: Mapping[str, int]) -> Iterable[str]:
    return (empty_graph(iri) for iri, size in sizes.items() if not size)


def _lines(quads: Iterable[Quad]) -> Iterable[str]:
    return (f"{quad} ." for quad in quads)


def _net(journal: Journal) -> Change:
    """Return what has changed on the whole."""
    return Change(
        removed=frozenset(journal.removed),
        added=frozenset(journal.added),
        graphs_removed=frozenset(journal.graphs_removed),
        graphs_added=frozenset(journal.graphs_added),
    )


def _sealed(path: Path, parent: Release, sums: Manifest, report: Report, laid: Laid) -> Release:
    """Return the release in a draft's directory, whole and down to the disk."""
    written = {REPORT: report.to_json().encode(), REPORT_TURTLE: report.to_turtle().encode(), LEASE: b""}
    if laid.on:
        written[CHANGE] = laid.change.to_bytes()
    for file, content in written.items():
        (path / file).write_bytes(content)
    linked = [file for file in parent.manifest.files if file not in {*written, DUMP, CHANGE}]
    for file in linked:
        (path / file).parent.mkdir(parents=True, exist_ok=True)
        os.link(parent.path / file, path / file)
    manifest = replace(
        sums,
        created=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        pfgraph=version_of("pfgraph"),
        pyoxigraph=version_of("pyoxigraph"),
        conforms=report.conforms,
        results=_counted(report),
        laid_on=laid.on,
        layer=laid.change.size,
        files={
            **{file: parent.manifest.files[file] for file in linked},
            **{file: sha256(content).hexdigest() for file, content in written.items()},
        },
    )
    (path / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    durability.sync_tree(path)
    return Release(path, manifest)


def _counted(report: Report) -> Mapping[str, int]:
    return dict(sorted(Counter(result.severity.value for result in report.results).items()))
