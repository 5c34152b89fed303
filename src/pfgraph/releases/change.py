"""What changed from one state of a store to another, on the whole, and how it is written beside a release."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import NamedNode, Quad, RdfFormat, Store, parse

from pfgraph.releases.release import gzipped

_REMOVED, _ADDED, _GRAPH_REMOVED, _GRAPH_ADDED = "-", "+", "<", ">"


@dataclass(frozen=True)
class Change:
    """The net difference from one state of a store to another."""

    removed: frozenset[Quad] = frozenset()
    added: frozenset[Quad] = frozenset()
    graphs_removed: frozenset[NamedNode] = frozenset()
    graphs_added: frozenset[NamedNode] = frozenset()

    @property
    def size(self) -> int:
        """How many quads it removes or adds."""
        return len(self.removed) + len(self.added)

    def then(self, later: Change) -> Change:
        """Return what this and a later change come to."""
        return Change(
            (self.removed - later.added) | (later.removed - self.added),
            (self.added - later.removed) | (later.added - self.removed),
            (self.graphs_removed - later.graphs_added) | (later.graphs_removed - self.graphs_added),
            (self.graphs_added - later.graphs_removed) | (later.graphs_added - self.graphs_removed),
        )

    @property
    def undone(self) -> Change:
        """The difference the other way round."""
        return Change(self.added, self.removed, self.graphs_added, self.graphs_removed)

    def to_bytes(self) -> bytes:
        """Return it as gzipped lines, each a sign and a quad or a graph."""
        quads = ((_REMOVED, self.removed), (_ADDED, self.added))
        graphs = ((_GRAPH_REMOVED, self.graphs_removed), (_GRAPH_ADDED, self.graphs_added))
        lines = [f"{sign} {quad} ." for sign, each in quads for quad in each]
        lines += [f"{sign} {graph.value}" for sign, each in graphs for graph in each]
        return gzipped(sorted(lines))

    @classmethod
    def of_bytes(cls, content: bytes) -> Change:
        """Return a change from what `to_bytes` gave."""
        return cls._of_lines(_lines(content))

    @classmethod
    def naming(cls, node: NamedNode, content: bytes) -> Change:
        """Return as much of what `to_bytes` gave as names a node, also in the text of a literal."""
        return cls._of_lines(line for line in _lines(content) if str(node) in line)

    @classmethod
    def _of_lines(cls, lines: Iterable[str]) -> Change:
        found: dict[str, list[str]] = {}
        for line in lines:
            found.setdefault(line[:1], []).append(line[2:])
        quads = (frozenset(parse("\n".join(found.get(s, ())), RdfFormat.N_QUADS)) for s in (_REMOVED, _ADDED))
        graphs = (frozenset(map(NamedNode, found.get(sign, ()))) for sign in (_GRAPH_REMOVED, _GRAPH_ADDED))
        return cls(*quads, *graphs)

    def apply(self, store: Store) -> None:
        """Make the change in a store, quad by quad."""
        for quad in self.removed:
            store.remove(quad)
        store.extend(self.added)
        self._apply_graphs(store)

    def _apply_graphs(self, store: Store) -> None:
        for graph in self.graphs_removed:
            store.remove_graph(graph)
        for graph in self.graphs_added:
            store.add_graph(graph)


def _lines(content: bytes) -> list[str]:
    # Only \n ends a line: a literal may hold other characters that end one elsewhere.
    return gzip.decompress(content).decode().split("\n")
