"""Triples as JSON-LD in the shape our context and frames describe.

What expanding it gives is exactly the triples it was made from. A thing that has only names here is written
wherever it is mentioned, so that `stage.prefLabel.ja` is in every document.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.namespaces import PF, RDF, RDFS, SKOS
from pfgraph.web.context import Context, Term
from pfgraph.web.frames import Frames
from pfgraph.web.literals import literal

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal | Triple
Json = dict[str, Any]

# Deeper than a reader looks; what lies below stands beside the others instead.
_DEPTH = 4


@dataclass
class _Nodes:
    """Triples by subject and predicate, without those that are written as lists."""

    spoken: dict[Node, dict[str, list[Value]]]
    lists: dict[Node, list[Value]]
    valued: frozenset[Value]

    def only_named(self, node: Value) -> bool:
        """Whether nothing but names and kind is said of a node that is the value of something."""
        if node not in self.valued or not isinstance(node, NamedNode):
            return False
        said = self.spoken.get(node)
        if said is None or not said.keys() <= _names():
            return False
        return all(
            isinstance(value, NamedNode if predicate == RDF.type.value else Literal)
            for predicate, values in said.items()
            for value in values
        )


@cache
def _names() -> frozenset[str]:
    names = (RDF.type, RDFS.label, SKOS.prefLabel, SKOS.notation, PF.summary)
    return frozenset(name.value for name in names)


def frame(triples: Iterable[Triple], context: Context, root: str | None = None, frames: Frames | None = None) -> Json:
    """Return triples as one JSON-LD document, without its `@context`.

    With a root, that node comes first, what it leads to is embedded at every mention, and the rest is
    `included`, what points at the root first; without one, all nodes stand side by side, those of a class that
    has a frame before those that are only named.
    """
    writer = _Writer(_nodes(set(triples)), context, frames)
    first = NamedNode(root) if root is not None else None
    if first is None or not writer.speaks_of(first):
        return {context.alias("@graph"): [writer.node(node) for node in writer.tops(())]}
    document = writer.whole(first)
    rest = [writer.node(node) for node in writer.tops((first,))]
    return {**document, context.alias("@included"): rest} if rest else document


def listed(triples: Iterable[Triple], context: Context, roots: Sequence[str], frames: Frames) -> list[Json]:
    """Return each of the roots as its own document has it, but for what is `included` there."""
    writer = _Writer(_nodes(set(triples)), context, frames)
    return [writer.whole(NamedNode(root)) for root in roots]


def flattened(triples: Iterable[Triple], context: Context, frames: Frames | None = None) -> Json:
    """Return triples as a list of nodes, each once, none within another (JSON-LD 1.1 §5.3)."""
    nodes = _nodes(set(triples))
    writer = _Writer(_Nodes(nodes.spoken, nodes.lists, frozenset()), context, frames)
    order = sorted(nodes.spoken, key=lambda node: (isinstance(node, BlankNode), str(node)))
    return {context.alias("@graph"): [writer.node(node) for node in order]}


def expanded(triples: Iterable[Triple]) -> list[Json]:
    """Return triples without any context: every key an IRI, every value an array (JSON-LD 1.1 §5.1)."""
    writer = _Writer(_nodes(set(triples)), Context(b'{"@context": {}}'), None)
    return [_spelled_out(writer.node(node)) for node in writer.tops(())]


def _spelled_out(value: Any) -> Any:
    """Return a node written without a context with every value in an array, and as an object."""
    if not isinstance(value, dict):
        return {"@value": value}
    if "@value" in value:
        return value
    return {key: each if key in {"@id", "@type"} else _as_array(each) for key, each in value.items()}


def _as_array(value: Any) -> list[Any]:
    return [_spelled_out(each) for each in (value if isinstance(value, list) else [value])]


def dumps(document: Json, context_url: str) -> bytes:
    """Return a framed document as bytes, with the address of its context."""
    return json.dumps({"@context": context_url, **document}, ensure_ascii=False, indent=1).encode()


def _nodes(triples: set[Triple]) -> _Nodes:
    spoken: dict[Node, dict[str, list[Value]]] = {}
    for triple in triples:
        by_predicate = spoken.setdefault(cast(Node, triple.subject), {})
        by_predicate.setdefault(triple.predicate.value, []).append(triple.object)
    mentions = _mentions(spoken)
    lists = _lists(spoken, mentions)
    for by_predicate in spoken.values():
        for values in by_predicate.values():
            values.sort(key=_rank)
    # A type is written as a word, which leaves no room for its name.
    valued = {t.object for t in triples if t.predicate != RDF.type}
    return _Nodes(spoken, lists, frozenset(valued))


def _mentions(spoken: Mapping[Node, Mapping[str, list[Value]]]) -> dict[Value, int]:
    counts: dict[Value, int] = {}
    for by_predicate in spoken.values():
        for values in by_predicate.values():
            for value in values:
                counts[value] = counts.get(value, 0) + 1
    return counts


def _lists(spoken: dict[Node, dict[str, list[Value]]], mentions: Mapping[Value, int]) -> dict[Node, list[Value]]:
    """Take the well-formed lists out of what is spoken, and return the members of each by its first node."""
    first, rest, nil = RDF.first.value, RDF.rest.value, RDF.nil
    cells = {
        node: (values[first][0], values[rest][0])
        for node, values in spoken.items()
        if isinstance(node, BlankNode) and mentions.get(node) == 1 and set(values) == {first, rest}
        if len(values[first]) == len(values[rest]) == 1
    }
    inner = {tail for _, tail in cells.values()}
    found: dict[Node, list[Value]] = {}
    for head in cells:
        if head in inner:
            continue
        members, chain, place = [], [], cast(Value, head)
        while place in cells:
            chain.append(place)
            member, place = cells[cast(BlankNode, place)]
            members.append(member)
        if place == nil:
            found[head] = members
            for cell in chain:
                del spoken[cast(Node, cell)]
    return found


def _rank(value: Value) -> tuple[int, str, str]:
    if isinstance(value, Literal):
        return (1, value.language or "", value.value)
    return (0, "", str(value))


class _Writer:
    """Writes nodes: those below a root wherever they are mentioned, others once, and by id elsewhere."""

    def __init__(self, nodes: _Nodes, context: Context, frames: Frames | None) -> None:
        self._nodes, self._context, self._frames = nodes, context, frames
        self._home: dict[Node, tuple[Node, str]] = {}

    def speaks_of(self, node: Node) -> bool:
        """Whether anything is said of a node."""
        return node in self._nodes.spoken

    def whole(self, root: Node) -> Json:
        """Return a node with all that it leads to embedded at every mention, but within itself."""
        if root not in self._nodes.spoken:
            return {self._context.alias("@id"): self._id(root)}
        return self.node(root, (root,))

    def tops(self, roots: tuple[Node, ...]) -> list[Node]:
        """Return the nodes that are not below a root, and remember where each blank one is embedded."""
        seen = {*roots}
        for root in roots:
            self._pass_below(root, seen)
        left = [n for n in self._nodes.spoken if n not in seen and not self._nodes.only_named(n)]
        tops: list[Node] = []
        for start in sorted(left, key=lambda node: (*self._rank(node, roots), str(node))):
            if start not in seen:
                seen.add(start)
                tops.append(start)
                self._embed_below(start, seen)
        return tops

    def _rank(self, node: Node, roots: tuple[Node, ...]) -> tuple[bool, bool]:
        said = self._nodes.spoken[node]
        if roots:
            first = any(root in values for values in said.values() for root in roots)
        else:
            kinds = [each.value for each in said.get(RDF.type.value, ()) if isinstance(each, NamedNode)]
            first = self._frames is not None and bool(self._frames.of(kinds))
        return (isinstance(node, BlankNode), not first)

    def _pass_below(self, root: Node, seen: set[Node]) -> None:
        """Add the nodes that are embedded below a root, breadth first, so that each is met where it is nearest."""
        queue = deque([(root, 0)])
        while queue:
            node, depth = queue.popleft()
            for _, value in self._below(node, depth):
                if value not in seen:
                    seen.add(value)
                    queue.append((value, depth + 1))

    def _embed_below(self, start: Node, seen: set[Node]) -> None:
        """Give a home to each blank node that is first met below a start."""
        queue = deque([(start, 0)])
        while queue:
            node, depth = queue.popleft()
            for predicate, value in self._below(node, depth):
                if value not in seen and isinstance(value, BlankNode):
                    seen.add(value)
                    self._home[value] = (node, predicate)
                    queue.append((value, depth + 1))

    def _below(self, node: Node, depth: int) -> Iterable[tuple[str, Node]]:
        if depth >= _DEPTH:
            return
        for predicate, values in sorted(self._nodes.spoken[node].items()):
            for value in values:
                if isinstance(value, NamedNode) and predicate == RDF.type.value:
                    continue
                if isinstance(value, NamedNode | BlankNode) and value in self._nodes.spoken:
                    yield predicate, value

    def node(self, node: Node, above: tuple[Node, ...] = ()) -> Json:
        """Return a node with all its triples; `above` are the nodes it is embedded in, if everything below is."""
        context = self._context
        written: Json = {context.alias("@id"): self._id(node)}
        members: Json = {}
        said = self._nodes.spoken[node]
        kinds = [value for value in said.get(RDF.type.value, ()) if isinstance(value, NamedNode)]
        if kinds:
            written[context.alias("@type")] = sorted(context.vocab(each.value) for each in kinds)
        for predicate, values in said.items():
            for value in values:
                if predicate != RDF.type.value or not isinstance(value, NamedNode):
                    self._add(members, node, predicate, value, above)
        order = self._frames.order(each.value for each in kinds) if self._frames else _NAMES
        first = [name for name in order if name in members]
        return written | {name: members[name] for name in [*first, *sorted(members.keys() - set(first))]}

    def _id(self, node: Node) -> str:
        return str(node) if isinstance(node, BlankNode) else self._context.id(node.value)

    def _add(self, members: Json, subject: Node, predicate: str, value: Value, above: tuple[Node, ...]) -> None:
        """Add one value under the key that fits it."""
        term = self._context.term(predicate)
        if term is not None and term.container == "@language":
            if isinstance(value, Literal) and value.language:
                _append(members.setdefault(term.name, {}), value.language, value.value)
                return
            term = None
        key = term.name if term else self._context.vocab(predicate, as_term=False)
        written = self._value((subject, predicate), value, term, above)
        _append(members, key, written, always=term is not None and term.container == "@set")

    def _value(self, place: tuple[Node, str], value: Value, term: Term | None, above: tuple[Node, ...]) -> Any:
        if isinstance(value, Triple):
            raise ValueError("triple terms have no place in JSON-LD 1.1")
        if isinstance(value, Literal):
            return literal(value, term, self._context)
        if value in self._nodes.lists:
            members = [self._value(place, each, term, above) for each in self._nodes.lists[value]]
            return {"@list": members}
        if above and value in self._nodes.spoken and value not in above and len(above) <= _DEPTH:
            return self.node(value, (*above, value))
        if self._home.get(value) == place or (value not in above and self._nodes.only_named(value)):
            return self.node(value)
        return {self._context.alias("@id"): self._id(value)}


_NAMES = ("label", "prefLabel", "summary")


def _append(members: Json, key: str, value: Any, *, always: bool = False) -> None:
    if key not in members:
        members[key] = [value] if always else value
    elif isinstance(members[key], list):
        members[key].append(value)
    else:
        members[key] = [members[key], value]
