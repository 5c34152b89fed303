"""A writer's cell: this file runs by itself in a process that parses what was sent in and evaluates updates.

It shares the jail, the limits and the wire of the query cell, whose file it reads, and imports nothing else of
ours. It never writes: what an update would change is its answer, as N-Quads behind `+` or `-`.
"""

from __future__ import annotations

import base64
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_spec: Any = importlib.util.spec_from_file_location("query_cell", Path(__file__).parents[1] / "query" / "cell.py")
_cell: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_cell)
# What a nursery asks of the file of its cells.
confines = _cell.confines

_FORMATS = {
    "text/turtle": "TURTLE",
    "application/n-triples": "N_TRIPLES",
    "application/rdf+xml": "RDF_XML",
    "application/ld+json": "JSON_LD",
    "application/n-quads": "N_QUADS",
    "application/trig": "TRIG",
}


class Work:
    """The tasks of a writer's cell, on one release's store or on none."""

    def __init__(self, store_path: str) -> None:
        self._ox: Any = importlib.import_module("pyoxigraph")
        self._store = self._ox.Store.read_only(store_path) if store_path else self._ox.Store()
        self._variable = ""

    def answer(self, request: Mapping[str, Any], wire: Any) -> None:
        """Write the answer to one task; exceptions leave as they are."""
        tasks = {"check": self._check, "parse": self._parse, "data": self._data, "modify": self._modify}
        for line in tasks[request["task"]](request):
            wire.write(line.encode())

    def _check(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Have the engine read an update; on no data there is nothing else that can go wrong with it."""
        try:
            self._ox.Store().update(request["update"], base_iri=request["base"])
        except RuntimeError:
            # A graph that is not there: whether it is there is for the real store to say.
            return
        yield from ()

    def _parse(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Yield the triples of an upload, blank nodes renamed, terms as they are stored."""
        form = getattr(self._ox.RdfFormat, _FORMATS[request["media_type"]])
        body = base64.b64decode(request["body"])
        quads = self._ox.parse(body, form, base_iri=request["base"], rename_blank_nodes=True)
        yield from self._stored("+", (self._ox.Quad(*quad.triple) for quad in quads))

    def _data(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Yield the quads of INSERT DATA or DELETE DATA."""
        yield from self._stored("+", self._trig(request["data"], request["base"], rename=True))

    def _modify(self, request: Mapping[str, Any]) -> Iterator[str]:
        """Yield what the solutions of a pattern have deleted, then what they have inserted."""
        self._variable = request["variable"]
        given = {name: request[name] for name in ("default_graph", "named_graphs") if request[name] is not None}
        nodes = {name: [self._ox.NamedNode(iri) for iri in iris] for name, iris in given.items()}
        found = self._store.query(request["query"], base_iri=request["base"], **nodes)
        names = [variable.value for variable in found.variables]
        templates = [list(self._trig(request[kind], request["base"])) for kind in ("delete", "insert")]
        changed: tuple[set[Any], set[Any]] = (set(), set())
        for solution in found:
            values = {self._variable + name: solution[name] for name in names}
            for template, quads in zip(templates, changed, strict=True):
                blank: dict[Any, Any] = {}
                quads.update(quad for each in template if (quad := self._filled(each, values, blank)))
        graph = request["graph"]
        for sign, quads in zip("-+", changed, strict=True):
            yield from self._stored(sign, (self._in_graph(quad, graph) for quad in quads))

    def _trig(self, text: str, base: str, *, rename: bool = False) -> Iterable[Any]:
        form = self._ox.RdfFormat.TRIG
        return iter(self._ox.parse(text.encode(), form, base_iri=base, rename_blank_nodes=rename)) if text else ()

    def _in_graph(self, quad: Any, graph: str | None) -> Any:
        """Return a quad of a default graph as one of the graph that WITH names."""
        if graph is None or quad.graph_name != self._ox.DefaultGraph():
            return quad
        return self._ox.Quad(quad.subject, quad.predicate, quad.object, self._ox.NamedNode(graph))

    def _filled(self, quad: Any, values: Mapping[str, Any], blank: dict[Any, Any]) -> Any:
        """Return a template's quad with values in it, or None where one is missing or may not stand there."""
        try:
            terms = [self._value(term, values, blank) for term in quad]
            return None if None in terms else self._ox.Quad(*terms)
        except TypeError:
            # SPARQL 1.1 Update §3.1.3: what is no legal triple is left out.
            return None

    def _value(self, term: Any, values: Mapping[str, Any], blank: dict[Any, Any]) -> Any:
        ox = self._ox
        if isinstance(term, ox.NamedNode) and term.value.startswith(self._variable):
            return values.get(term.value)
        if isinstance(term, ox.BlankNode):
            # A blank node of a template is a new one for each solution.
            return blank.setdefault(term, ox.BlankNode())
        if isinstance(term, ox.Triple):
            parts = [self._value(part, values, blank) for part in term]
            return None if None in parts else ox.Triple(*parts)
        return term

    def _stored(self, sign: str, quads: Iterable[Any]) -> Iterator[str]:
        """Yield quads with their terms as the store keeps them: `007` as `7`."""
        store = self._ox.Store()
        store.extend(quads)
        for quad in store:
            yield f"{sign}{quad} .\n"


def live(fd: int, parent: int, told: Mapping[str, Any]) -> None:
    """Be a cell from here on: on a store or on none, with a memory budget in bytes."""
    confines.settle(b"pfgraph-writer", parent)
    _cell.work(Work(told["store"]), fd, told["memory_bytes"])


def main() -> None:
    """Run a cell: file descriptor, folder of pyoxigraph, parent, and what it is told as JSON."""
    fd, packages, parent, told = sys.argv[1:5]
    sys.path.append(packages)
    confines.get_ready()
    live(int(fd), int(parent), json.loads(told))


if __name__ == "__main__":
    main()
