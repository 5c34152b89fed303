"""The source files under one root, and which named graph each of them is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pfgraph.errors import FormError, SourceError, SourcesRefused
from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH, PREFIXES_FILE, read_prefixes
from pfgraph.sources import catalog, links, queries, tables, turtle
from pfgraph.sources.origins import Reading
from pfgraph.sources.queries import CannedQuery

FOLDERS = ("ontology", "data", "queries")
# What a server hands out as it stands, so that a release carries it.
SERVED = ("ontology/prefixes.ttl", "ontology/context.jsonld", "ontology/frames/", "queries/")


@dataclass(frozen=True)
class SourceTree:
    """What the files under a root say: `readings` by graph IRI, `queries` by name.

    `digests` has the SHA-256 of every file and `served` the bytes of those a release carries as they stand.
    """

    root: Path
    readings: Mapping[str, Reading]
    queries: Mapping[str, CannedQuery]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    served: Mapping[str, bytes] = field(default_factory=dict)


def read(root: Path) -> SourceTree:
    """Return everything the files under a root say, or raise SourcesRefused with every error in them."""
    tree, errors = survey(root)
    if errors:
        raise SourcesRefused(errors)
    return tree


def survey(root: Path) -> tuple[SourceTree, list[SourceError]]:
    """Return what could be read under a root, and every error found."""
    contents = {file: (root / file).read_bytes() for file in files(root)}
    prefixes = read_prefixes(root / PREFIXES_FILE)
    readings: dict[str, Reading] = {}
    asked: dict[str, CannedQuery] = {}
    errors: list[SourceError] = []
    for file in contents:
        if _is_graph(file):
            errors += _add(readings, _read_graph(root, file, prefixes))
        elif file.startswith("queries/") and file.endswith(".rq"):
            errors += _add_query(asked, root, file)
        elif file.startswith(("data/", "queries/")) and not _accompanies(file):
            errors.append(_unknown(file))
    errors += catalog.disagreements(readings)
    errors += links.dangling(readings.values(), {f"queries/{name}.rq": query.text for name, query in asked.items()})
    digests = {file: sha256(content).hexdigest() for file, content in contents.items()}
    served = {file: content for file, content in contents.items() if file.startswith(SERVED)}
    return SourceTree(root, readings, asked, prefixes, digests, served), errors


def files(root: Path) -> list[str]:
    """Return the source files under a root by their paths from it, sorted; hidden and lock files are none."""
    paths = (path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
    relative = (path.relative_to(root) for path in paths)
    return sorted(path.as_posix() for path in relative if not any(p.startswith((".", "~")) for p in path.parts))


def digests(root: Path) -> dict[str, str]:
    """Return the SHA-256 of every source file under a root."""
    return {file: sha256((root / file).read_bytes()).hexdigest() for file in files(root)}


def graph_iri(file: str) -> str:
    """Return the named graph a source file is."""
    return GRAPH[file.rpartition(".")[0]].value


def misshapen(tree: SourceTree) -> Iterator[FormError]:
    """Return an error for every file whose bytes are not the canonical ones."""
    for reading in tree.readings.values():
        if reading.canonical is not None and reading.canonical != reading.text:
            yield _misshapen(reading.file, reading.text, reading.canonical)


def fix(tree: SourceTree) -> list[str]:
    """Give every file its canonical bytes, as far as they are known, and return the files that changed."""
    fixed = []
    for reading in tree.readings.values():
        if reading.canonical is not None and reading.canonical != reading.text:
            _replace(tree.root / reading.file, reading.canonical.encode())
            fixed.append(reading.file)
    return fixed


def _is_graph(file: str) -> bool:
    if file.startswith("ontology/"):
        return file.endswith(".ttl")
    return file.startswith("data/") and file.endswith((".ttl", ".csv"))


def _accompanies(file: str) -> bool:
    """Whether a file is a table's metadata, or a note to the reader."""
    return file.endswith(".md") or (file.startswith("data/") and file.endswith(".json"))


def _read_graph(root: Path, file: str, prefixes: Mapping[str, str]) -> Reading:
    reader = tables.read if file.endswith(".csv") else turtle.read
    return reader(root / file, file, prefixes)


def _add(readings: dict[str, Reading], reading: Reading) -> Iterable[SourceError]:
    """Put a reading under its graph, and return its errors."""
    graph = graph_iri(reading.file)
    if graph in readings:
        return [*reading.errors, _same_graph(reading.file, readings[graph].file, graph)]
    readings[graph] = reading
    return reading.errors


def _add_query(asked: dict[str, CannedQuery], root: Path, file: str) -> Iterable[SourceError]:
    """Put a query under its name, or return what is wrong with it."""
    try:
        query = queries.read(root / file, file)
    except SourceError as error:
        return [error]
    except SourcesRefused as refused:
        return refused.errors
    asked[query.name] = query
    return []


def _replace(path: Path, content: bytes) -> None:
    """Write a file anew in one step, so that an interruption leaves the old one."""
    written = path.with_name(f".{path.name}.new")
    written.write_bytes(content)
    written.replace(path)


def _same_graph(file: str, other: str, graph: str) -> SourceError:
    return SourceError(
        f"{other} と同じ名前付きグラフになります。",
        f"This would be the same named graph as {other}.",
        file=file,
        found=f"<{graph}>",
        try_=Text("どちらかの名前を変えてください。", "Give one of them another name."),
    )


def _unknown(file: str) -> SourceError:
    return SourceError(
        "この種類のファイルは読みません。",
        "Files of this kind are not read.",
        file=file,
        found=Path(file).suffix or Path(file).name,
        expected="data/: .csv, .ttl; queries/: .rq",
        try_=Text(
            "Excel の表は「CSV UTF-8」で保存し、元のファイルは data/ の外に置いてください。",
            "Save a spreadsheet as “CSV UTF-8”, and keep the original outside data/.",
        ),
    )


def _misshapen(file: str, found: str, expected: str) -> FormError:
    """Return an error that shows the first line that differs."""
    old, new = found.split("\n"), expected.split("\n")
    line = next((n for n, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), -1)
    if line < 0:
        line = min(len(old), len(new)) - 1
    return FormError(
        "正規の形で書かれていません。",
        "The file is not in its canonical form.",
        file=file,
        line=line + 1,
        found=repr(old[line]),
        expected=repr(new[line]),
        try_=Text("`pfgraph check --fix` で直せます。", "`pfgraph check --fix` mends it."),
    )
