"""The dataset: a named graph for each source file, what is derived, and each fact once in all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Store, Triple

from pfgraph.graph import rules
from pfgraph.graph.sums import LineSum
from pfgraph.namespaces import GRAPH, RDF
from pfgraph.sources.origins import Origin
from pfgraph.sources.tree import SourceTree

DERIVED = "derived"
RULES = "ontology/rules"


@dataclass(frozen=True)
class Dataset:
    """Named graphs by IRI, and where each triple was read; terms are as Oxigraph stores them."""

    graphs: Mapping[str, frozenset[Triple]]
    origins: Mapping[Triple, Origin]

    @cached_property
    def default_graph(self) -> frozenset[Triple]:
        """The set union of all named graphs: each fact once, however many files state it."""
        return frozenset().union(*self.graphs.values())

    def with_graph(self, iri: str, triples: frozenset[Triple]) -> Dataset:
        """Return a dataset in which one named graph is these triples."""
        graphs = {**self.graphs, iri: triples}
        return Dataset(MappingProxyType(dict(sorted(graphs.items()))), self.origins)

    def quads(self) -> Iterator[Quad]:
        """Return every quad, of the default graph as well as of the named graphs."""
        for triple in self.default_graph:
            yield Quad(triple.subject, triple.predicate, triple.object, DefaultGraph())
        for iri, triples in self.graphs.items():
            name = NamedNode(iri)
            for triple in triples:
                yield Quad(triple.subject, triple.predicate, triple.object, name)

    def lines(self) -> list[str]:
        """Return the canonical N-Quads, a line for each quad, sorted by code point."""
        return sorted(f"{quad} ." for quad in self.quads())

    def digest(self) -> str:
        """Return the digest of the canonical N-Quads and of the names of empty graphs."""
        return digest(self.lines(), (iri for iri, triples in self.graphs.items() if not triples))


def digest(lines: Iterable[str], empty: Iterable[str] = ()) -> str:
    """Return the digest of a set of lines, each once and without its line feed, and of named graphs that are empty."""
    return LineSum().plus(lines).plus(map(empty_graph, empty)).digest


def empty_graph(iri: str) -> str:
    """Return the line by which a digest knows that there is a named graph of which no quad tells."""
    return f"{NamedNode(iri)} ."


def build(tree: SourceTree) -> Dataset:
    """Return the dataset that a tree's files state, with what the rules derive from it."""
    stored = _as_stored(t.object for reading in tree.readings.values() for t, _ in reading.statements)
    graphs: dict[str, frozenset[Triple]] = {}
    origins: dict[Triple, Origin] = {}
    for iri, reading in tree.readings.items():
        placed = [(_stored(triple, stored), origin) for triple, origin in reading.statements]
        graphs[iri] = frozenset(triple for triple, _ in placed)
        for triple, origin in placed:
            origins.setdefault(triple, origin)
    dataset = Dataset(MappingProxyType(dict(sorted(graphs.items()))), MappingProxyType(origins))
    written = graphs.get(GRAPH[RULES].value)
    if not written:
        return dataset
    return dataset.with_graph(GRAPH[DERIVED].value, rules.derive(dataset.default_graph, written))


def _as_stored(terms: Iterable[object]) -> Mapping[Literal, Literal]:
    """Return each literal that Oxigraph stores in another lexical form, with that form."""
    literals = list({term for term in terms if isinstance(term, Literal)})
    store = Store()
    store.bulk_extend(Quad(BlankNode(f"l{n}"), RDF.value, term) for n, term in enumerate(literals))
    found = ((literals[int(q.subject.value[1:])], q.object) for q in store)
    return {before: after for before, after in found if isinstance(after, Literal) and before != after}


def _stored(triple: Triple, stored: Mapping[Literal, Literal]) -> Triple:
    if isinstance(triple.object, Literal) and triple.object in stored:
        return Triple(triple.subject, triple.predicate, stored[triple.object])
    return triple
