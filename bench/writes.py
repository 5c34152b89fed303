"""Writes on a large release: how long one takes, what twenty cost on the disk, as ratios (issue 5, point 3).

    .venv/bin/python bench/writes.py [triples] [home]

The release is the shipped data with their statements and initiatives copied under new names until it is large.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import NamedNode, Quad, Triple

from pfgraph.graph import dataset as datasets
from pfgraph.graph import metadata
from pfgraph.graph.report import Report
from pfgraph.namespaces import GRAPH, ID, SKOS, shipped_sources
from pfgraph.publish.publication import Outcome, Terms, publish
from pfgraph.publish.updates import Editor, Update
from pfgraph.releases.release import freeze
from pfgraph.releases.shelf import Shelf
from pfgraph.sources import tree as trees

TERMS = Terms(frozenset({"write"}))
WRITES, RELEASES = 30, 20


def main() -> None:
    """Make the release, write on it, and print what it took."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(temporary)
        shelf = Shelf(home)
        if shelf.current() is None:
            _make(shelf, size)
        current = shelf.current()
        assert current is not None
        print(f"{current.manifest.triples:,} triples, {current.manifest.quads:,} quads in named graphs")
        _time_writes(shelf)
        _weigh_releases(shelf)


def _make(shelf: Shelf, size: int) -> None:
    began = time.perf_counter()
    tree = trees.read(shipped_sources())
    built = datasets.build(tree)
    cluster = _cluster(built.default_graph)
    copies: set[Triple] = set()
    number = 0
    while len(built.default_graph) + len(copies) < size:
        copies.update(_copied(cluster, f"-copy{number}"))
        number += 1
    dataset = metadata.with_metadata(built.with_graph(GRAPH["data/copies"].value, frozenset(copies)), tree)
    with shelf.writing(), shelf.draft() as path:
        shelf.publish(freeze(dataset, Report(), tree, path))
    print(f"made in {time.perf_counter() - began:.0f} s")


def _cluster(triples: Iterable[Triple]) -> list[Triple]:
    """Return what is said of all initiatives and of the statements they rest on."""
    known = list(triples)
    initiatives = {t.subject for t in known if str(t.subject).startswith(f"<{ID}initiative/")}
    used = {t.object for t in known if t.subject in initiatives and str(t.object).startswith(f"<{ID}statement/")}
    used |= {t.object for t in known if t.subject in used and str(t.object).startswith(f"<{ID}statement/")}
    return sorted((t for t in known if t.subject in initiatives | used), key=str)


def _copied(cluster: Iterable[Triple], suffix: str) -> Iterator[Triple]:
    cluster = list(cluster)
    own = {triple.subject for triple in cluster}

    def renamed(term: NamedNode) -> NamedNode:
        head, hash_, tail = term.value.partition("#")
        return NamedNode(f"{head}{suffix}{hash_}{tail}") if term in own else term

    for triple in cluster:
        value = renamed(triple.object) if isinstance(triple.object, NamedNode) else triple.object
        yield Triple(renamed(triple.subject), triple.predicate, value)  # type: ignore[arg-type]


def _time_writes(shelf: Shelf) -> None:
    """Write one fact (a note in two languages, then one more label) after the other."""
    city = "<https://w3id.org/pfgraph/id/government/312011>"
    times, judged = [], 0
    for number in range(WRITES + 3):
        text = f'INSERT DATA {{ {city} <{SKOS.altLabel.value}> "{number}"@ja }}'
        began = time.perf_counter()
        outcome = _publish(shelf, lambda editor, text=text: editor.update(Update(text)))  # type: ignore[misc]
        times.append(1000 * (time.perf_counter() - began))
        judged = outcome.judged or 0
    # The first ones read the shapes.
    warm = sorted(times[3:])
    print(
        f"one triple: median {statistics.median(warm):.0f} ms, p95 {warm[int(0.95 * len(warm))]:.0f} ms, "
        f"slowest {warm[-1]:.0f} ms, first {times[0]:.0f} ms; {judged} focus nodes judged; "
        f"{statistics.median(warm) / 250:.2f} × the 250 ms allowed"
    )


def _weigh_releases(shelf: Shelf) -> None:
    """Change one triple in a hundred, twenty times, and compare the disk with that of one release."""
    current = shelf.current()
    assert current is not None
    one, share = _bytes([current.path]), current.manifest.triples // 100
    cluster = _cluster(datasets.build(trees.read(shipped_sources())).default_graph)
    times, weights = [], []
    for number in range(RELEASES):
        new: list[Triple] = []
        copy = 0
        while not new or len(new) + len(cluster) / 2 < share:
            new += _copied(cluster, f"-round{number}-{copy}")
            copy += 1
        began = time.perf_counter()
        outcome = _publish(shelf, lambda editor, new=new: _add(editor, new))  # type: ignore[misc]
        times.append(time.perf_counter() - began)
        weights.append(_bytes([outcome.release.path]))
    paths = sorted((shelf.home / "releases").iterdir(), key=lambda path: path.stat().st_mtime)[-RELEASES - 1 :]
    whole = _bytes(paths)
    print(
        f"{RELEASES} releases of 1 % each ({len(new):,} triples): "
        f"{whole / one:.2f} × the disk of one ({one / 2**20:.0f} MiB); "
        f"the last alone {weights[-1] / one:.2f} ×; {statistics.median(times):.1f} s each"
    )


def _add(editor: Editor, triples: Iterable[Triple]) -> None:
    place = GRAPH["data/rounds"]
    editor.add(Quad(t.subject, t.predicate, t.object, place) for t in triples)


def _publish(shelf: Shelf, change: object) -> Outcome:
    # What the gate thinks of copies is not what is timed: a refusal would cost as much.
    return publish(shelf, change, TERMS)  # type: ignore[arg-type]


def _bytes(paths: Iterable[Path]) -> int:
    """Return what directories take on the disk, each file once however many names it has."""
    found = {}
    for path in paths:
        for file in path.rglob("*"):
            stat = file.stat()
            found[stat.st_ino] = stat.st_blocks * 512
    return sum(found.values())


if __name__ == "__main__":
    main()
