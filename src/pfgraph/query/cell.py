"""A cell: this file runs by itself in a process that holds one read-only release and can be killed.

It imports the standard library, pyoxigraph and the file `confines`, and speaks over one socket. A request is four bytes
of length and JSON; an answer is frames of one byte of kind, four bytes of length and a payload: R ready, D data, E end,
X error.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import itertools
import json
import os
import re
import struct
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

STACK_BYTES = 512 * 2**20
CHUNK_BYTES = 64 * 2**10
# Of a graph up to so many triples only the prefixes that shorten something are declared.
FEW_TRIPLES = 1000
# So many names and prefixes are remembered.
KEPT = 4096
_spec: Any = importlib.util.spec_from_file_location("confines", Path(__file__).with_name("confines.py"))
confines: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(confines)
_IRI = re.compile("<([^<>\\s]+)>")


class TooLarge(Exception):
    """The answer is longer than it may be."""


def _frame(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack(">I", len(payload)) + payload


class Wire:
    """The socket as frames; `write` makes it a file that counts."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._held = bytearray()
        self.left = 0

    def read(self) -> dict[str, Any] | None:
        """Return the next request, or None when the other side is gone."""
        head = self._exactly(4)
        body = None if head is None else self._exactly(struct.unpack(">I", head)[0])
        return None if body is None else json.loads(body)

    def _exactly(self, size: int) -> bytes | None:
        found = bytearray()
        while len(found) < size:
            piece = os.read(self._fd, size - len(found))
            if not piece:
                return None
            found += piece
        return bytes(found)

    def write(self, data: bytes) -> int:
        """Take a piece of the answer; raise TooLarge when there are more bytes than asked for."""
        self.left -= len(data)
        if self.left < 0:
            raise TooLarge
        self._held += data
        if len(self._held) >= CHUNK_BYTES:
            self.flush()
        return len(data)

    def flush(self) -> None:
        """Send what is held."""
        if self._held:
            held, self._held = bytes(self._held), bytearray()
            self.send(b"D", held)

    def end(self) -> None:
        """Send what is held and the end in one go, so that the other side wakes up once."""
        held, self._held = bytes(self._held), bytearray()
        self._write((_frame(b"D", held) if held else b"") + _frame(b"E", b""))

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Send one frame."""
        self._write(_frame(kind, payload))

    def _write(self, frames: bytes) -> None:
        data = memoryview(frames)
        while data:
            data = data[os.write(self._fd, data) :]

    def fail(self, kind: str, message: str = "") -> None:
        """Send an error; drop what was held."""
        self._held.clear()
        self.send(b"X", json.dumps({"kind": kind, "message": message}).encode())


class Evaluation:
    """Queries on one store."""

    def __init__(self, store: Any, store_path: str, prefixes: dict[str, str]) -> None:
        # Where pyoxigraph lies is known only now; its own types would ask for real files where a Wire does.
        self._ox: Any = sys.modules.get("pyoxigraph") or importlib.import_module("pyoxigraph")
        self._store = store or self._ox.Store.read_only(store_path)
        self._prefixes = prefixes
        self._labels = (prefixes["rdfs"] + "label", prefixes["skos"] + "prefLabel")
        # What never changes on a store, and neighbours of many things share.
        self._label = functools.lru_cache(KEPT)(self._label_of)
        self._prefix = functools.lru_cache(KEPT)(self._prefix_of)

    def answer(self, request: dict[str, Any], wire: Wire) -> None:
        """Write the answer to a query; exceptions leave as they are."""
        found = self._store.query(request["query"], **self._dataset(request))
        if isinstance(found, self._ox.QueryTriples):
            self._graph(found, request, wire)
        else:
            found.serialize(wire, self._ox.QueryResultsFormat.from_media_type(request["media_type"]))

    def _dataset(self, request: dict[str, Any]) -> dict[str, Any]:
        default, named = request["default_graphs"], request["named_graphs"]
        if not default and not named:
            return {}
        # SPARQL 1.1 Protocol §2.1.4: the protocol's dataset wins over the query's; what is not named is empty.
        nodes = [self._ox.NamedNode(iri) for iri in default]
        return {"default_graph": nodes, "named_graphs": [self._ox.NamedNode(iri) for iri in named]}

    def _graph(self, found: Any, request: dict[str, Any], wire: Wire) -> None:
        form = self._ox.RdfFormat.from_media_type(request["media_type"])
        triples = self._described(found, request) if request["form"] == "DESCRIBE" else found
        if form in (self._ox.RdfFormat.N_TRIPLES, self._ox.RdfFormat.N_QUADS):
            self._ox.serialize(triples, wire, form)
            return
        first = list(itertools.islice(triples, FEW_TRIPLES + 1))
        prefixes = self._prefixes if len(first) > FEW_TRIPLES else self._used(first)
        self._ox.serialize(itertools.chain(first, triples), wire, form, prefixes=prefixes)

    def _used(self, triples: list[Any]) -> dict[str, str]:
        """Return the prefixes that shorten an IRI of a graph; of two that fit it is the longer namespace's."""
        iris = set(_IRI.findall(" ".join(map(str, triples))))
        return {prefix: self._prefixes[prefix] for prefix in sorted({p for p in map(self._prefix, iris) if p})}

    def _prefix_of(self, iri: str) -> str:
        fitting = (prefix for prefix, namespace in self._prefixes.items() if iri.startswith(namespace))
        return max(fitting, key=lambda prefix: len(self._prefixes[prefix]), default="")

    def _described(self, found: Any, request: dict[str, Any]) -> Any:
        """Yield the symmetric concise bounded description of what a query describes.

        It is what is said of each resource, what is said with it as object, and the labels of all that is mentioned,
        in the graphs that are the query's default graph.
        """
        ox = self._ox
        seen: set[Any] = set()
        mentioned: set[Any] = set()
        outgoing = list(found)
        resources = {ox.NamedNode(iri) for iri in request["described"]}
        resources |= {triple.subject for triple in outgoing if isinstance(triple.subject, ox.NamedNode)}
        graphs = request["described_in"]
        sources = [ox.DefaultGraph()] if graphs is None else [ox.NamedNode(iri) for iri in graphs]
        incoming = self._said(sources, ((None, None, resource) for resource in sorted(resources, key=str)))
        for triple in itertools.chain(outgoing, incoming):
            if triple not in seen:
                seen.add(triple)
                mentioned.update((triple.subject, triple.predicate, triple.object))
                yield triple
        named = sorted((node for node in mentioned if isinstance(node, ox.NamedNode)), key=str)
        for triple in itertools.chain.from_iterable(self._label(node, *sources) for node in named):
            if triple not in seen:
                seen.add(triple)
                yield triple

    def _label_of(self, node: Any, *graphs: Any) -> list[Any]:
        return list(self._said(graphs, ((node, self._ox.NamedNode(each), None) for each in self._labels)))

    def _said(self, graphs: Iterable[Any], patterns: Any) -> Any:
        """Yield the triples of some graphs that match some patterns."""
        for pattern in patterns:
            for graph in graphs:
                for quad in self._store.quads_for_pattern(*pattern, graph):
                    yield self._ox.Triple(quad.subject, quad.predicate, quad.object)


def serve(evaluation: Any, wire: Wire, memory_bytes: int) -> None:
    """Answer requests one after the other until the other side is gone."""
    confines.give_way()
    confines.limit_memory(memory_bytes)
    confines.give_way()
    confines.take_turns(confines.USUAL_MS)
    wire.send(b"R", b"%s %d" % (b"jailed" if confines.jail() else b"open", threading.get_native_id()))
    while (request := wire.read()) is not None:
        confines.limit_cpu(request["cpu_s"])
        wire.left = request["max_bytes"]
        try:
            evaluation.answer(request, wire)
        except TooLarge:
            wire.fail("large")
        except SyntaxError as error:
            wire.fail("syntax", str(error))
        except MemoryError:
            wire.fail("memory")
        except Exception as error:
            wire.fail("failed", f"{type(error).__name__}: {error}")
        else:
            wire.end()


def work(evaluation: Any, fd: int, memory_bytes: int) -> None:
    """Answer requests in a thread with a big stack, and with so much memory beside it."""
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=serve, args=(evaluation, Wire(fd), memory_bytes), daemon=True)
    confines.give_way()
    thread.start()
    thread.join()


def live(fd: int, parent: int, told: dict[str, Any], store: Any = None) -> None:
    """Be a cell from here on: on a store, which may be open already, with prefixes and a memory budget in bytes."""
    confines.settle(b"pfgraph-cell", parent)
    confines.give_way()
    if store is None:
        confines.hold(Path(told["store"]).parent)
    work(Evaluation(store, told["store"], told["prefixes"]), fd, told["memory_bytes"])


def main() -> None:
    """Run a cell: file descriptor, folder of pyoxigraph, parent, and what it is told as JSON."""
    fd, packages, parent, told = sys.argv[1:5]
    sys.path.append(packages)
    confines.get_ready()
    live(int(fd), int(parent), json.loads(told))


if __name__ == "__main__":
    main()
