"""A store that is being changed, and what has changed in it on the whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, Store, Triple

T = TypeVar("T")
DEFAULT = DefaultGraph()
Graph = NamedNode | BlankNode | DefaultGraph


class Journal:
    """A draft's store, open for writing, with the net difference from the release it was cloned from.

    With `union`, the default graph is the set union of the named graphs, kept so triple by triple (D1).
    """

    def __init__(self, path: Path, *, union: bool) -> None:
        self._path, self._union = path, union
        self._store: Store | None = Store(str(path))
        # How many quads went into the store's log, also those that came to nothing.
        self.written = 0
        # Whether the store has not been closed since it was opened first.
        self.is_fresh = True
        self.begin()

    def begin(self) -> None:
        """Take the store as it is now for the state that is changed."""
        self.added: set[Quad] = set()
        self.removed: set[Quad] = set()
        self.graphs_added: set[NamedNode] = set()
        self.graphs_removed: set[NamedNode] = set()

    @property
    def store(self) -> Store:
        """The store, opened again where it was closed."""
        if self._store is None:
            self._store = Store(str(self._path))
        return self._store

    def close(self) -> None:
        """Let others open the store; its log has everything that was written."""
        self._store, self.is_fresh = None, False

    @property
    def is_empty(self) -> bool:
        """Whether nothing has changed on the whole."""
        return not (self.added or self.removed or self.graphs_added or self.graphs_removed)

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads; what is there already is no change."""
        new = [quad for quad in dict.fromkeys(quads) if quad not in self.store]
        if self._union:
            unioned = dict.fromkeys(in_graph(quad, DEFAULT) for quad in new)
            new += [quad for quad in unioned if quad not in self.store]
        for graph in {quad.graph_name for quad in new}:
            if isinstance(graph, NamedNode) and not self.store.contains_named_graph(graph):
                self.add_graph(graph)
        self.store.extend(new)
        self.written += len(new)
        for quad in new:
            _moved(quad, self.removed, self.added)

    def remove(self, quads: Iterable[Quad]) -> None:
        """Remove quads; what is not there is no change."""
        for quad in dict.fromkeys(quads):
            if quad not in self.store:
                continue
            self._remove(quad)
            whole = in_graph(quad, DEFAULT)
            if self._union and whole in self.store and not any(self.stating(quad.triple)):
                self._remove(whole)

    def _remove(self, quad: Quad) -> None:
        self.store.remove(quad)
        self.written += 1
        _moved(quad, self.added, self.removed)

    def stating(self, triple: Triple) -> Iterator[NamedNode]:
        """Yield the named graphs that state a triple."""
        found = self.store.quads_for_pattern(triple.subject, triple.predicate, triple.object, None)
        return (quad.graph_name for quad in found if isinstance(quad.graph_name, NamedNode))

    def add_graph(self, graph: NamedNode) -> None:
        """Have a named graph, empty or not."""
        if not self.store.contains_named_graph(graph):
            self.store.add_graph(graph)
            _moved(graph, self.graphs_removed, self.graphs_added)

    def remove_graph(self, graph: NamedNode) -> None:
        """Remove a named graph and what it states."""
        self.clear(graph)
        if self.store.contains_named_graph(graph):
            self.store.remove_graph(graph)
            _moved(graph, self.graphs_added, self.graphs_removed)

    def clear(self, graph: Graph) -> None:
        """Remove what a graph states."""
        self.remove(list(self.quads(graph)))

    def quads(self, graph: Graph) -> Iterator[Quad]:
        """Yield what a graph states."""
        return self.store.quads_for_pattern(None, None, None, graph)

    def named_graphs(self) -> list[NamedNode]:
        """Return the named graphs, sorted."""
        found = (graph for graph in self.store.named_graphs() if isinstance(graph, NamedNode))
        return sorted(found, key=lambda graph: graph.value)

    def triples(self, graph: Graph = DEFAULT) -> tuple[set[Triple], set[Triple]]:
        """Return what a graph lost and gained."""
        return (
            {quad.triple for quad in self.removed if quad.graph_name == graph},
            {quad.triple for quad in self.added if quad.graph_name == graph},
        )


def in_graph(quad: Quad, graph: Graph) -> Quad:
    """Return what a quad says, said in a graph."""
    return Quad(quad.subject, quad.predicate, quad.object, graph)


def _moved(item: T, back: set[T], forth: set[T]) -> None:
    """Note a change, or that an earlier one is undone."""
    if item in back:
        back.remove(item)
    else:
        forth.add(item)
