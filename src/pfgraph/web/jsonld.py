"""Triples as JSON-LD in the shape our context describes.

What expanding it gives is exactly the triples it was made from. A thing that has only names here is written
wherever it is mentioned, so that `stage.label.ja` is in every document; other things are written once.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.namespaces import PF, RDF, RDFS, SKOS, XSD
from pfgraph.web.context import Context, Term

Node = NamedNode | BlankNode
Value = NamedNode | BlankNode | Literal | Triple
Json = dict[str, Any]

# Deeper than a reader looks; what lies below stands beside the others instead.
_DEPTH = 6


@dataclass
class _Nodes:
    """Triples by subject and predicate, without those that are written as lists."""

    spoken: dict[Node, dict[str, list[Value]]]
    lists: dict[Node, list[Value]]
    valued: frozenset[Value]

    def only_named(self, node: Value) -> bool:
        """Whether nothing but names is said of a node that is the value of something."""
        if node not in self.valued or not isinstance(node, NamedNode):
            return False
        said = self.spoken.get(node)
        if said is None or not said.keys() <= _names():
            return False
        return all(isinstance(value, Literal) for values in said.values() for value in values)


@cache
def _names() -> frozenset[str]:
    return frozenset({RDFS.label.value, SKOS.prefLabel.value, PF.summary.value})


def frame(triples: Iterable[Triple], context: Context, root: str | None = None) -> Json:
    """Return triples as one JSON-LD document, without its `@context`.

    With a root, that node comes first, what it leads to is embedded where it is first mentioned, and the rest
    is `included`; without one, all nodes stand side by side.
    """
    nodes = _nodes(set(triples))
    writer = _Writer(nodes, context)
    first = NamedNode(root) if root is not None else None
    if first is None or first not in nodes.spoken:
        return {"@graph": [writer.node(node) for node in writer.tops(())]}
    tops = writer.tops((first,))
    document = writer.node(first)
    rest = [writer.node(node) for node in tops if node != first]
    return {**document, context.alias("@included"): rest} if rest else document


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
    """Writes nodes, each with its triples in one place and mentioned by its id elsewhere."""

    def __init__(self, nodes: _Nodes, context: Context) -> None:
        self._nodes, self._context = nodes, context
        self._home: dict[Node, tuple[Node, str]] = {}

    def tops(self, first: tuple[Node, ...]) -> list[Node]:
        """Return the nodes that stand by themselves, and remember where each other node is embedded.

        Only what hangs below a `first` node is embedded, and blank nodes below any.
        """
        tops: list[Node] = []
        seen: set[Node] = set()
        order = sorted(self._nodes.spoken, key=lambda node: (isinstance(node, BlankNode), str(node)))
        for start in (*first, *order):
            if start in seen or (start not in first and self._nodes.only_named(start)):
                continue
            seen.add(start)
            tops.append(start)
            self._embed_below(start, seen, named=start in first, kept=set(first))
        return tops

    def _embed_below(self, start: Node, seen: set[Node], *, named: bool, kept: set[Node]) -> None:
        """Give a home to each node that is first met below a start, breadth first."""
        queue = deque([(start, 0)])
        while queue:
            node, depth = queue.popleft()
            for predicate, value in self._below(node, depth):
                if value in seen or value in kept or not (named or isinstance(value, BlankNode)):
                    continue
                if self._nodes.only_named(value):
                    continue
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

    def node(self, node: Node) -> Json:
        """Return a node with all its triples."""
        context = self._context
        written: Json = {context.alias("@id"): self._id(node)}
        members: Json = {}
        for predicate, values in self._nodes.spoken[node].items():
            types = [value for value in values if isinstance(value, NamedNode)]
            if predicate == RDF.type.value and types:
                written[context.alias("@type")] = sorted(context.vocab(each.value) for each in types)
            else:
                types = []
            for value in values:
                if value not in types:
                    self._add(members, node, predicate, value)
        first = [name for name in _FIRST if name in members]
        return written | {name: members[name] for name in [*first, *sorted(set(members) - set(first))]}

    def _id(self, node: Node) -> str:
        return str(node) if isinstance(node, BlankNode) else self._context.id(node.value)

    def _add(self, members: Json, subject: Node, predicate: str, value: Value) -> None:
        """Add one value under the key that fits it."""
        term = self._context.term(predicate)
        if term is not None and term.container == "@language":
            if isinstance(value, Literal) and value.language:
                _append(members.setdefault(term.name, {}), value.language, value.value)
                return
            term = None
        key = term.name if term else self._context.vocab(predicate, as_term=False)
        written = self._value(subject, predicate, value, term)
        _append(members, key, written, always=term is not None and term.container == "@set")

    def _value(self, subject: Node, predicate: str, value: Value, term: Term | None) -> Any:
        if isinstance(value, Triple):
            raise ValueError("triple terms have no place in JSON-LD 1.1")
        if isinstance(value, Literal):
            return literal(value, term, self._context)
        if value in self._nodes.lists:
            members = [self._value(subject, predicate, each, term) for each in self._nodes.lists[value]]
            return {"@list": members}
        if self._home.get(value) == (subject, predicate) or self._nodes.only_named(value):
            return self.node(value)
        return {self._context.alias("@id"): self._id(value)}


_FIRST = ("label", "prefLabel", "summary")
_CANONICAL_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")
_INTEGERS = frozenset({"integer", "nonNegativeInteger", "positiveInteger"})


def literal(value: Literal, term: Term | None, context: Context) -> Any:
    """Return a literal as a JSON value where the key says enough of it, else as a value object."""
    coerced = term.type if term else None
    if value.language:
        return {"@value": value.value, "@language": value.language}
    datatype, native = value.datatype.value, _native(value)
    if coerced == datatype:
        return value.value if native is None else native
    # JSON-LD 1.1 API §5.2.1: coercion to an IRI is for strings; numbers and booleans stay what they are.
    if native is not None and datatype in _read_from_json() and (coerced or "@").startswith("@"):
        return native
    if datatype == XSD.string.value:
        return {"@value": value.value} if coerced else value.value
    return {"@value": value.value, context.alias("@type"): context.vocab(datatype)}


@cache
def _read_from_json() -> frozenset[str]:
    """Return the datatypes that JSON-LD gives to numbers and booleans by itself."""
    return frozenset({XSD.integer.value, XSD.boolean.value})


def _native(value: Literal) -> int | bool | None:
    """Return a number or boolean whose JSON form is read as the very same literal, else None."""
    local = value.datatype.value.removeprefix(str(XSD))
    if local == "boolean" and value.value in {"true", "false"}:
        return value.value == "true"
    if local in {"integer", "nonNegativeInteger", "positiveInteger"} and _CANONICAL_INTEGER.fullmatch(value.value):
        return int(value.value)
    return None


def _append(members: Json, key: str, value: Any, *, always: bool = False) -> None:
    if key not in members:
        members[key] = [value] if always else value
    elif isinstance(members[key], list):
        members[key].append(value)
    else:
        members[key] = [members[key], value]
