"""An update request as its operations, cut along the tokens of SPARQL 1.1 Update (§19.8, productions 29 to 51)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pfgraph.errors import ForbiddenFeature, MalformedQuery
from pfgraph.query.sparql import FETCHING
from pfgraph.sources.lexer import Token, place, significant

DEFAULT, NAMED, ALL = "DEFAULT", "NAMED", "ALL"
_GRAPH_VERBS = ("CLEAR", "DROP", "CREATE", "COPY", "MOVE", "ADD")
_NOT_END = re.compile(r"[^\r\n]")
_OPENING, _CLOSING = ("{", "(", "["), ("}", ")", "]")


@dataclass(frozen=True)
class Operation:
    """One operation: its verb, and the texts of its parts.

    `prologue` is everything declared so far. `graphs` are the terms as written of a graph operation (or DEFAULT,
    NAMED, ALL), `using` and `using_named` those of USING clauses; `with_` is the graph of WITH. `source` is the request
    with blanks for all but this operation and its prologue, so that every place in it is where it was.
    """

    verb: str
    prologue: str = ""
    delete: str = ""
    insert: str = ""
    where: str = ""
    with_: str = ""
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    graphs: tuple[str, ...] = ()
    silent: bool = False
    source: str = ""


@dataclass
class _Cursor:
    """The tokens of a text, and how far they were read."""

    text: str
    tokens: Sequence[Token]
    at: int = 0
    declared: list[tuple[int, int]] = field(default_factory=list)

    def peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def is_word(self, *words: str) -> bool:
        token = self.peek()
        return token is not None and token.is_word(*words)

    def take(self) -> Token:
        token = self.peek()
        if token is None:
            raise _malformed(self.text, len(self.text))
        self.at += 1
        return token

    def taken(self, *words: str) -> bool:
        """Take a keyword if it is next."""
        found = self.is_word(*words)
        self.at += found
        return found

    def expect(self, *words: str) -> None:
        if not self.taken(*words):
            token = self.peek()
            raise _malformed(self.text, token.start if token else len(self.text))

    def block(self) -> str:
        """Take a group in braces and return what stands in it."""
        first = self.take()
        if not first.is_mark("{"):
            raise _malformed(self.text, first.start)
        depth, token = 1, first
        while depth:
            token = self.take()
            depth += token.is_mark(*_OPENING) - token.is_mark(*_CLOSING)
        return self.text[first.end : token.start]


def refuse_fetching(text: str) -> None:
    """Raise ForbiddenFeature for LOAD and SERVICE."""
    for token in significant(text):
        if token.is_word(*FETCHING):
            line, column = place(text, token.start)
            raise ForbiddenFeature(token.text.upper(), line=line, column=column)


def refuse_shared_blanks(found: Iterable[Operation]) -> None:
    """Raise MalformedQuery where two INSERT DATA, or the patterns of two operations, use one blank node label.

    SPARQL 1.1 §19.6; in templates a label may come again, since each solution has blank nodes of its own.
    """
    seen: set[tuple[bool, str]] = set()
    for operation in found:
        is_data = operation.verb == "INSERT DATA"
        part = operation.insert if is_data else operation.where
        labels = {(is_data, token.text) for token in significant(part) if token.kind == "blank"}
        for _, label in sorted(labels & seen):
            raise _malformed(operation.source, operation.source.rindex(label))
        seen |= labels


def operations(text: str) -> list[Operation]:
    """Return the operations of a request, which is known to be SPARQL."""
    return list(_operations(_Cursor(text, list(significant(text)))))


def _operations(cursor: _Cursor) -> Iterator[Operation]:
    while cursor.peek() is not None:
        _read_prologue(cursor)
        if cursor.peek() is None:
            return
        start = cursor.tokens[cursor.at].start
        found = _operation(cursor)
        kept = [*cursor.declared, (start, cursor.tokens[cursor.at - 1].end)]
        yield replace(found, source=_only(cursor.text, kept))
        token = cursor.peek()
        if token is not None and not token.is_mark(";"):
            raise _malformed(cursor.text, token.start)
        cursor.at += 1


def _only(text: str, kept: Sequence[tuple[int, int]]) -> str:
    """Return a text with blanks for what is not in some places, its lines left as they are."""
    pieces, at = [], 0
    for start, end in kept:
        pieces += [_NOT_END.sub(" ", text[at:start]), text[start:end]]
        at = end
    return "".join(pieces)


def _read_prologue(cursor: _Cursor) -> None:
    while cursor.is_word("PREFIX", "BASE", "VERSION"):
        start = cursor.take()
        length = {"PREFIX": 2, "BASE": 1, "VERSION": 1}[start.text.upper()]
        end = [cursor.take() for _ in range(length)][-1]
        if start.text.upper() != "VERSION":
            cursor.declared.append((start.start, end.end))


def _operation(cursor: _Cursor) -> Operation:
    prologue = "\n".join(cursor.text[start:end] for start, end in cursor.declared)
    if cursor.is_word(*_GRAPH_VERBS):
        return _graph_operation(cursor, prologue)
    with_ = _term(cursor) if cursor.taken("WITH") else ""
    delete = insert = ""
    if cursor.taken("DELETE"):
        if cursor.taken("DATA"):
            return Operation("DELETE DATA", prologue, delete=cursor.block())
        if cursor.taken("WHERE"):
            pattern = cursor.block()
            return Operation("MODIFY", prologue, delete=pattern, where=pattern)
        delete = cursor.block()
    if cursor.taken("INSERT"):
        if cursor.taken("DATA"):
            return Operation("INSERT DATA", prologue, insert=cursor.block())
        insert = cursor.block()
    using: list[str] = []
    using_named: list[str] = []
    while cursor.taken("USING"):
        (using_named if cursor.taken("NAMED") else using).append(_term(cursor))
    cursor.expect("WHERE")
    where = cursor.block()
    return Operation("MODIFY", prologue, delete, insert, where, with_, tuple(using), tuple(using_named))


def _graph_operation(cursor: _Cursor, prologue: str) -> Operation:
    verb = cursor.take().text.upper()
    silent = cursor.taken("SILENT")
    graphs = [_graph(cursor)]
    if verb in {"COPY", "MOVE", "ADD"}:
        cursor.expect("TO")
        graphs.append(_graph(cursor))
    return Operation(verb, prologue, graphs=tuple(graphs), silent=silent)


def _graph(cursor: _Cursor) -> str:
    cursor.taken("GRAPH")
    if cursor.is_word(DEFAULT, NAMED, ALL):
        return cursor.take().text.upper()
    return _term(cursor)


def _term(cursor: _Cursor) -> str:
    token = cursor.take()
    if token.kind not in {"iri", "name"}:
        raise _malformed(cursor.text, token.start)
    return token.text


def _malformed(text: str, offset: int) -> MalformedQuery:
    line, column = place(text, offset)
    return MalformedQuery("更新として読めません。", "This is not an update.", line, column)
