"""A write as it is handed to the process that makes releases, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast

from pyoxigraph import NamedNode, Quad

from pfgraph import errors
from pfgraph.errors import GraphMissing, PfgraphError, ShapesViolated, UnsupportedMediaType
from pfgraph.graph import report as reports
from pfgraph.graph.report import Report
from pfgraph.messages import Message, Text
from pfgraph.namespaces import base_iri
from pfgraph.publish.journal import DEFAULT, Graph, in_graph
from pfgraph.publish.publication import Outcome
from pfgraph.publish.updates import Editor, Update
from pfgraph.releases.release import Release

MULTIPART = "multipart/form-data"
GRAPH_TYPES = ("text/turtle", "application/n-triples", "application/ld+json", "application/rdf+xml")
UPDATE = "UPDATE"
# What an error carries besides its words, so that it is the same on the other side.
_CARRIED = ("line", "column", "current", "scope", "accepted", "retry_after_s", "name", "feature")


@dataclass(frozen=True)
class WriteRequest:
    """What to change: an update, or a graph by the method PUT, POST or DELETE (`graph` None: the default graph)."""

    method: str
    scopes: tuple[str, ...]
    graph: str | None = None
    content_type: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    on: tuple[str, ...] | None = None
    dry: bool = False

    def to_json(self) -> bytes:
        """Return the request, without its body, as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def read(cls, text: bytes) -> WriteRequest:
        """Return the request that a JSON text writes."""
        values: dict[str, Any] = json.loads(text)
        plain: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in values.items()}
        return cls(**plain)

    def change(self, body: bytes) -> Callable[[Editor], None]:
        """Return what this does to a draft."""
        if self.method == UPDATE:
            update = Update(body.decode(), self.using, self.using_named)
            return lambda editor: editor.update(update)
        return lambda editor: self._store(editor, body)

    def _store(self, editor: Editor, body: bytes) -> None:
        """Carry out an operation of the Graph Store Protocol."""
        graph: Graph = DEFAULT if self.graph is None else NamedNode(self.graph)
        if self.method == "DELETE":
            if self.graph is not None and not editor.journal.store.contains_named_graph(graph):
                raise GraphMissing(self.graph)
            editor.drop(graph)
            return
        base = self.graph or base_iri()
        quads = [in_graph(quad, graph) for quad in self._sent(editor, body, base)]
        place = editor.writable(graph)
        if self.method == "PUT":
            # Only the difference is written: what stays need not go and come back.
            editor.journal.remove(set(editor.journal.quads(place)) - {in_graph(quad, place) for quad in quads})
        editor.add(quads)
        if isinstance(place, NamedNode):
            editor.journal.add_graph(place)

    def _sent(self, editor: Editor, body: bytes, base: str) -> Iterator[Quad]:
        for kind, part in _parts(self.content_type, body):
            if kind not in GRAPH_TYPES:
                raise UnsupportedMediaType(kind[:100], (*GRAPH_TYPES, MULTIPART))
            if part.strip():
                yield from editor.parse(kind, part, base)


def _parts(content_type: str, body: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the media type and content of what was sent: of each part, where there are several."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind != MULTIPART:
        yield kind or GRAPH_TYPES[0], body
        return
    # RFC 7578: a form is a MIME message whose head is in HTTP's head.
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode("latin-1") + b"\r\n\r\n" + body)
    for part in whole.iter_parts():
        yield part.get_content_type(), cast(bytes, part.get_payload(decode=True) or b"")


@dataclass(frozen=True)
class Written:
    """What became of a write, as far as a client is told."""

    release: str
    changed: bool
    added: tuple[str, ...]
    removed: tuple[str, ...]
    graphs_added: tuple[str, ...]
    report: Report
    judged: int | None


def told_prepared(release: Release) -> bytes:
    """Return as JSON that a release is about to become current."""
    return json.dumps({"prepared": release.id}).encode()


def prepared(text: bytes) -> str | None:
    """Return the release that is about to become current, or None where a text tells the outcome."""
    found = json.loads(text).get("prepared")
    return None if found is None else str(found)


def told(outcome: Outcome) -> bytes:
    """Return an outcome as JSON."""
    said = {
        "release": outcome.release.id,
        "changed": outcome.changed,
        "added": [f"{quad} ." for quad in outcome.added],
        "removed": [f"{quad} ." for quad in outcome.removed],
        "graphs_added": [graph.value for graph in outcome.graphs_added],
        "report": outcome.report.to_json(),
        "judged": outcome.judged,
    }
    return json.dumps(said).encode()


def written(text: bytes) -> Written:
    """Return the outcome that a JSON text tells, or raise the error."""
    said: dict[str, Any] = json.loads(text)
    if "error" in said:
        raise _error(said)
    lists = {name: tuple(said[name]) for name in ("added", "removed", "graphs_added")}
    return Written(
        **lists,
        release=said["release"],
        changed=said["changed"],
        report=reports.read(said["report"]),
        judged=said["judged"],
    )


def told_error(error: PfgraphError) -> bytes:
    """Return an error as JSON."""
    message = error.message
    parts = {name: part for name in ("where", "found", "expected", "try_") if (part := getattr(message, name))}
    said: dict[str, object] = {"error": type(error).__name__, "text": message.text, "parts": parts}
    said["carried"] = {name: getattr(error, name) for name in _CARRIED if hasattr(error, name)}
    if isinstance(error, ShapesViolated) and isinstance(error.report, Report):
        said["report"] = error.report.to_json()
    return json.dumps(said).encode()


def _error(said: Mapping[str, Any]) -> PfgraphError:
    if "report" in said:
        return ShapesViolated(reports.read(said["report"]))
    kind = getattr(errors, said["error"], PfgraphError)
    # An error's own constructor finds words for what it is given; here the words are there already.
    error: PfgraphError = kind.__new__(kind)
    parts = {name: Text(*part) for name, part in said["parts"].items()}
    error.message = Message(Text(*said["text"]), **parts)
    error.ja, error.en = error.message.ja, error.message.en
    for name, value in said["carried"].items():
        setattr(error, name, tuple(value) if isinstance(value, list) else value)
    return error
