"""The way from source files to the current release, each step announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from pyoxigraph import BlankNode, NamedNode, Store, Triple

from pfgraph.errors import MissingRow, ReleaseError, ShapesViolated, SourceError, SourcesRefused
from pfgraph.graph import dataset as datasets
from pfgraph.graph import metadata, validation, vocabulary
from pfgraph.graph.dataset import Dataset
from pfgraph.graph.validation import Engine, Report, Severity
from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH
from pfgraph.releases.release import Release, freeze
from pfgraph.releases.shelf import Shelf
from pfgraph.sources import candidates, causes
from pfgraph.sources import tree as trees
from pfgraph.sources.origins import Origin, Reading
from pfgraph.sources.tree import SourceTree

Announce = Callable[[Text], AbstractContextManager[object]]
SHAPES = ("ontology/shapes", "ontology/prefixes")
_PACKAGE = Path(__file__).parent.parent
# A change in how sources are read makes another release of the same sources.
_MAKERS = ("sources", "graph", "releases")


@dataclass(frozen=True)
class Built:
    """A tree, the dataset it states, and how that fares against the shapes."""

    tree: SourceTree
    dataset: Dataset
    report: Report


def silently(_: Text) -> AbstractContextManager[object]:
    """Announce nothing."""
    return nullcontext()


def build(root: Path, announce: Announce = silently) -> Built:
    """Return what the sources under a root state, validated; SourcesRefused says what cannot be read."""
    tree, errors = survey(root, announce)
    if errors:
        raise SourcesRefused(errors)
    return built(tree, announce)


def survey(root: Path, announce: Announce = silently) -> tuple[SourceTree, list[SourceError]]:
    """Return what could be read under a root, and every error found, the use of unknown terms included."""
    with announce(Text("ソースを読む", "read the sources")):
        tree, errors = trees.survey(root)
        if not any(reading.errors for reading in tree.readings.values()):
            told = {(error.file, error.line, error.message.found) for error in errors}
            unknown = _unknown_terms(tree)
            errors += [e for e in unknown if (e.file, e.line, e.message.found) not in told]
        errors = causes.told(errors)
    if any(isinstance(error, MissingRow) for error in errors):
        errors = [*_violations(tree, errors), *errors]
    return tree, errors


def _violations(tree: SourceTree, errors: Sequence[SourceError]) -> Iterator[SourceError]:
    """Return what the shapes say against the tables that seem to lack rows: a wrong key is a missing one."""
    lacking = {error.table for error in errors if isinstance(error, MissingRow)}
    dataset = datasets.build(tree)
    report = validation.validate(dataset.default_graph, shapes(dataset), origins=dataset.origins)
    for result in report.results:
        origin = result.origin
        if origin is not None and origin.file in lacking and result.severity is Severity.VIOLATION:
            yield SourceError(
                *result.message,
                file=origin.file,
                line=origin.line,
                column=origin.column,
                found=result.found,
            )


def _unknown_terms(tree: SourceTree) -> Sequence[SourceError]:
    """Return an error for every use of a term that no vocabulary has."""
    file = vocabulary.BORROWED_FILE.as_posix()
    if file not in tree.digests:
        return ()
    try:
        borrowed = vocabulary.read_borrowed(tree.root / file, file)
    except SourcesRefused as refused:
        return refused.errors
    return list(vocabulary.misused(tree.readings.values(), borrowed))


def built(tree: SourceTree, announce: Announce = silently) -> Built:
    """Return what a tree states, validated."""
    with announce(Text("データセットを組み立てる", "build the dataset")):
        dataset = metadata.with_metadata(datasets.build(tree), tree)
    with announce(Text("形状（SHACL）で検証する", "validate against the shapes")):
        report = validation.validate(dataset.default_graph, shapes(dataset), origins=dataset.origins)
    return Built(tree, dataset, report)


def shapes(dataset: Dataset) -> frozenset[Triple]:
    """Return the shapes a dataset carries, with the prefixes their queries use."""
    none: frozenset[Triple] = frozenset()
    return none.union(*(dataset.graphs.get(GRAPH[name].value, none) for name in SHAPES))


def judge(root: Path, files: Sequence[Path], engine: Engine, announce: Announce = silently) -> Report:
    """Return how the things that some files speak of fare, were the files added to the sources."""
    with announce(Text("ソースを読む", "read the sources")):
        tree = trees.read(root)
        added = {GRAPH[f"candidate/{n}"].value: candidates.read(p, tree.prefixes) for n, p in enumerate(files)}
    with announce(Text("データセットを組み立てる", "build the dataset")):
        dataset = datasets.build(replace(tree, readings={**tree.readings, **added}))
    with announce(Text("形状（SHACL）で検証する", "validate against the shapes")):
        report = validation.validate(dataset.default_graph, shapes(dataset), engine=engine, origins=dataset.origins)
    spoken_of = {triple.subject for iri in added for triple in dataset.graphs[iri]}
    # A blank node comes back under another name, and the sources have none.
    about = (r for r in report.results if r.focus_node in spoken_of or isinstance(r.focus_node, BlankNode))
    return replace(report, results=tuple(about))


def make(root: Path, shelf: Shelf, announce: Announce = silently) -> Release:
    """Return the release of the sources under a root, published; on any error the current one stays.

    Graphs that were added over HTTP and that no file is stay; in a graph that a file is, the file has the last word.
    """
    digests = made_from(root)
    tree, errors = survey(root, announce)
    if errors:
        raise SourcesRefused(errors)
    parts = built(replace(tree, readings={**_added(shelf), **tree.readings}), announce)
    if not parts.report.conforms:
        raise ShapesViolated(parts.report)
    with announce(Text("版を凍結して公開する", "freeze and publish the release")), shelf.writing():
        with shelf.draft() as path:
            release = shelf.publish(freeze(parts.dataset, parts.report, parts.tree, path))
        shelf.record_sources(digests)
    return release


def ensure(root: Path, shelf: Shelf, announce: Announce = silently) -> Release:
    """Return the current release if it was made from the sources as they are, else a new one."""
    try:
        current = shelf.current()
    except ReleaseError:
        current = None
    # What was written over HTTP is not undone by a restart: that takes a `pfgraph release`.
    if current is not None and (current.manifest.parent or shelf.is_made_from(made_from(root))):
        return current
    return make(root, shelf, announce)


def _added(shelf: Shelf) -> dict[str, Reading]:
    """Return the graphs of the current release that are neither a file nor follow from others."""
    try:
        current = shelf.current()
        if current is None:
            return {}
        store = Store.read_only(str(current.store_path))
    except (ReleaseError, OSError):
        # A release that cannot be read has nothing to keep, and is to be made again.
        return {}
    made = {trees.graph_iri(file) for file in current.manifest.sources}
    made |= {GRAPH[name].value for name in (datasets.DERIVED, metadata.METADATA)}
    added = (iri for iri in current.manifest.graphs if iri not in made)
    return {iri: _reading(iri, store) for iri in added}


def _reading(iri: str, store: Store) -> Reading:
    quads = store.quads_for_pattern(None, None, None, NamedNode(iri))
    return Reading(iri, "", tuple((quad.triple, Origin(iri)) for quad in quads))


def made_from(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every source file and, as one, of the modules that make a release of them."""
    code = sha256()
    for wing in _MAKERS:
        for path in sorted((_PACKAGE / wing).glob("*.py")):
            code.update(path.read_bytes())
    return {**trees.digests(root), "pfgraph": code.hexdigest()}
