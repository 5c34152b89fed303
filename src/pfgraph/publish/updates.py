"""SPARQL Update on a draft: each operation evaluated in a cell, and what it changes written to the journal."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode, Quad

from pfgraph.errors import (
    BadParameter,
    DerivedGraph,
    GraphExists,
    GraphMissing,
    MalformedGraph,
    MalformedQuery,
    StatedElsewhere,
)
from pfgraph.namespaces import GRAPH, base_iri
from pfgraph.publish import operations
from pfgraph.publish.evaluation import Evaluation, Refused
from pfgraph.publish.journal import DEFAULT, Graph, Journal, in_graph
from pfgraph.publish.operations import Operation
from pfgraph.publish.templates import VARIABLE, trig

# What is added to the default graph is kept here: the default graph itself is what all named graphs say.
LOCAL = "local"
# What follows from other graphs.
FOLLOWING = ("derived", "metadata")
# What starts a cell on a store, or on none.
Start = Callable[[Path | None], Evaluation]
_ERROR = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)


@dataclass(frozen=True)
class Update:
    """An update request: its text, and the dataset of its patterns if the protocol gives one."""

    text: str
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()


class Editor:
    """Whoever changes a draft; with `plain`, its default graph is a graph of its own and nothing follows."""

    def __init__(self, journal: Journal, path: Path, before: Path, cell: Start, *, plain: bool) -> None:
        self.journal, self._path, self._before, self._cell, self._plain = journal, path, before, cell, plain

    def update(self, update: Update) -> None:
        """Carry out a request, operation by operation; on any error the draft is of no use any more."""
        operations.refuse_fetching(update.text)
        found = operations.operations(update.text)
        # One cell on the release as it was does for all that does not ask what an earlier operation changed; and one
        # on nothing, which is had sooner, where no operation asks.
        asks = any(operation.verb == "MODIFY" for operation in found)
        with self._cell(self._before if asks else None) as cell:
            self._check(cell, found, update)
            for operation in found:
                self._carry_out(cell, operation, update)

    def parse(self, media_type: str, body: bytes, base: str) -> frozenset[Quad]:
        """Return the triples of a graph that was sent, in the default graph."""
        with self._cell(None) as cell:
            try:
                encoded = base64.b64encode(body).decode()
                return cell.ask("parse", media_type=media_type, body=encoded, base=base)[1]
            except Refused as refused:
                raise MalformedGraph(media_type, str(refused)) from refused

    def add(self, quads: Iterable[Quad]) -> None:
        """Add quads, those of the default graph where local additions go."""
        self.journal.add(in_graph(quad, self.writable(quad.graph_name)) for quad in quads)

    def remove(self, quads: Iterable[Quad]) -> None:
        """Remove quads; one of the default graph that only a named graph states raises StatedElsewhere."""
        placed = [in_graph(quad, self.writable(quad.graph_name)) for quad in quads]
        known = [quad for quad in placed if quad in self.journal.store]
        if not self._plain:
            self._refuse_stated(set(placed) - set(known))
        self.journal.remove(known)

    def clear(self, graph: Graph) -> None:
        """Remove what a graph states; of the default graph, what was added to it."""
        self.journal.clear(self.writable(graph))

    def drop(self, graph: Graph) -> None:
        """Remove a graph and what it states."""
        place = self.writable(graph)
        if isinstance(place, NamedNode):
            self.journal.remove_graph(place)
        else:
            self.journal.clear(place)

    def writable(self, graph: Graph) -> Graph:
        """Return where a write to a graph goes, or raise DerivedGraph."""
        if self._plain:
            return graph
        if graph == DEFAULT:
            return GRAPH[LOCAL]
        if graph in following():
            raise DerivedGraph(str(graph))
        return graph

    def _refuse_stated(self, missing: Iterable[Quad]) -> None:
        local = GRAPH[LOCAL]
        for quad in missing:
            if quad.graph_name == local:
                for graph in self.journal.stating(quad.triple):
                    raise StatedElsewhere(str(quad.triple), graph.value)

    # ---- operations

    def _check(self, cell: Evaluation, found: Sequence[Operation], update: Update) -> None:
        """Have the engine read every operation, so that what follows may take its form for granted.

        One by one, since it takes no PREFIX between two operations; what it would find in them together is found here.
        """
        for operation in found:
            _asked(cell, "check", update=operation.source)
        operations.refuse_shared_blanks(found)
        clauses = any(each.with_ or each.using or each.using_named for each in found)
        if clauses and (update.using or update.using_named):
            # SPARQL 1.1 Protocol §2.2.3
            ja, en = "更新が WITH か USING を使っています。", "The update has WITH or USING itself."
            raise BadParameter("using-graph-uri", ja, en)

    def _carry_out(self, cell: Evaluation, operation: Operation, update: Update) -> None:
        match operation.verb:
            case "MODIFY":
                self._modify(cell, operation, update)
            case "INSERT DATA":
                self.add(_data(cell, operation, operation.insert))
            case "DELETE DATA":
                self.remove(_data(cell, operation, operation.delete))
            case "CREATE":
                self._create(cell, operation)
            case "CLEAR" | "DROP":
                self._empty(cell, operation)
            case _:
                self._transfer(cell, operation)

    def _modify(self, cell: Evaluation, operation: Operation, update: Update) -> None:
        using = _iris(cell, operation, operation.using) or list(update.using)
        named = _iris(cell, operation, operation.using_named) or list(update.using_named)
        with_ = next(iter(_iris(cell, operation, [operation.with_] if operation.with_ else [])), None)
        given = bool(using or named)
        removed, added = self._asked_now(
            cell,
            query=f"{operation.prologue}\nSELECT * WHERE {{{operation.where}\n}}",
            delete=trig(operation.prologue, operation.delete),
            insert=trig(operation.prologue, operation.insert),
            graph=with_,
            default_graph=using if given else [with_] if with_ else None,
            named_graphs=named if given else None,
            variable=VARIABLE,
        )
        self.remove(removed)
        self.add(added)

    def _create(self, cell: Evaluation, operation: Operation) -> None:
        graph = NamedNode(_iris(cell, operation, operation.graphs)[0])
        if self.journal.store.contains_named_graph(graph) and not operation.silent:
            raise GraphExists(graph.value)
        self.journal.add_graph(self._named(graph))

    def _named(self, graph: NamedNode) -> NamedNode:
        place = self.writable(graph)
        return place if isinstance(place, NamedNode) else graph

    def _empty(self, cell: Evaluation, operation: Operation) -> None:
        change: Callable[[Graph], None] = self.clear if operation.verb == "CLEAR" else self.drop
        (which,) = operation.graphs
        if which in {operations.DEFAULT, operations.ALL}:
            change(DEFAULT)
        if which in {operations.NAMED, operations.ALL}:
            for graph in self.journal.named_graphs():
                if self._plain or graph not in following():
                    change(graph)
        if which not in {operations.DEFAULT, operations.NAMED, operations.ALL}:
            graph = NamedNode(_iris(cell, operation, [which])[0])
            if self.journal.store.contains_named_graph(graph):
                change(graph)
            elif not operation.silent:
                raise GraphMissing(graph.value)

    def _transfer(self, cell: Evaluation, operation: Operation) -> None:
        """COPY, MOVE or ADD what one graph states to another."""
        from_, to = (_graph(cell, operation, graph) for graph in operation.graphs)
        if from_ == to:
            return
        if from_ != DEFAULT and not self.journal.store.contains_named_graph(from_):
            if operation.silent:
                return
            raise GraphMissing(str(from_))
        quads = [in_graph(quad, to) for quad in self.journal.quads(from_)]
        if operation.verb != "ADD":
            self.clear(to)
        self.add(quads)
        place = self.writable(to)
        if isinstance(place, NamedNode):
            self.journal.add_graph(place)
        if operation.verb == "MOVE":
            self.drop(from_)

    def _asked_now(self, cell: Evaluation, **given: object) -> tuple[frozenset[Quad], frozenset[Quad]]:
        """Return what a pattern on the graphs as they are now changes; nobody writes meanwhile."""
        if self.journal.is_empty:
            return _asked(cell, "modify", **given)
        self.journal.close()
        with self._cell(self._path) as other:
            return _asked(other, "modify", **given)


def _asked(cell: Evaluation, task: str, **given: object) -> tuple[frozenset[Quad], frozenset[Quad]]:
    try:
        return cell.ask(task, base=base_iri(), **given)
    except Refused as refused:
        raise _malformed(str(refused)) from refused


def _data(cell: Evaluation, operation: Operation, block: str) -> Iterable[Quad]:
    text = trig(operation.prologue, block)
    return _asked(cell, "data", data=text)[1] if text else ()


def _graph(cell: Evaluation, operation: Operation, graph: str) -> Graph:
    return DEFAULT if graph == operations.DEFAULT else NamedNode(_iris(cell, operation, [graph])[0])


def _iris(cell: Evaluation, operation: Operation, terms: Sequence[str]) -> list[str]:
    """Return the IRIs that terms of an update stand for."""
    if not terms:
        return []
    named = "".join(f"<urn:term:{n}> <urn:is> {term} .\n" for n, term in enumerate(terms))
    _, quads = _asked(cell, "data", data=f"{operation.prologue}\n{named}")
    found = {quad.subject.value: str(quad.object.value) for quad in quads}  # type: ignore[union-attr]
    return [found[f"urn:term:{n}"] for n in range(len(terms))]


def following() -> tuple[NamedNode, ...]:
    """Return the graphs that follow from others."""
    return tuple(GRAPH[name] for name in FOLLOWING)


def _malformed(said: str) -> MalformedQuery:
    place = _ERROR.match(said)
    line, column = (int(place[1]), int(place[2])) if place else (None, None)
    found = " ".join((place[3] if place else said).split())[:300]
    return MalformedQuery("SPARQL Update として読めません。", "This is not SPARQL Update.", line, column, found=found)
