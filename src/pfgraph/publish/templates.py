"""The braces of an update as TriG: SPARQL's quad patterns with their variables named by IRIs."""

from __future__ import annotations

from collections.abc import Iterator

from pfgraph.sources.lexer import Token, significant

VARIABLE = "urn:pfgraph-variable:"
_OPENING, _CLOSING = ("{", "(", "["), ("}", ")", "]")


def trig(prologue: str, quads: str) -> str:
    """Return the quads of a template, or of DATA, as TriG; a variable is an IRI that the cell knows again.

    TriG wants a full stop where SPARQL may leave it out, and none where SPARQL allows one: so triples outside of
    GRAPH are put in braces of their own.
    """
    tokens = list(significant(quads))
    return "\n".join([prologue, *(_written(part) for part in _parts(tokens))]) if tokens else ""


def _parts(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the runs of triples outside of GRAPH, and each GRAPH with its braces."""
    run: list[Token] = []
    depth = at = 0
    while at < len(tokens):
        token = tokens[at]
        if depth == 0 and token.is_word("GRAPH"):
            yield run
            run, end = [], _end_of_block(tokens, at + 2)
            yield tokens[at:end]
            at = end
            continue
        depth += token.is_mark(*_OPENING) - token.is_mark(*_CLOSING)
        run.append(token)
        at += 1
    yield run


def _end_of_block(tokens: list[Token], at: int) -> int:
    depth = 0
    while True:
        depth += tokens[at].is_mark(*_OPENING) - tokens[at].is_mark(*_CLOSING)
        at += 1
        if depth == 0:
            return at


def _written(tokens: list[Token]) -> str:
    if tokens and tokens[0].is_word("GRAPH"):
        return _joined(tokens)
    # A full stop behind the braces of GRAPH ends nothing.
    while tokens and tokens[0].is_mark("."):
        tokens = tokens[1:]
    return f"{{ {_joined(tokens)} }}" if tokens else ""


def _joined(tokens: list[Token]) -> str:
    """Return tokens as text; those that touched still touch, for `{|` and `@en` are two tokens or part of two."""
    text, end = "", -1
    for token in tokens:
        gap = "" if token.start == end or not text else "\n" if token.start > end + 1 else " "
        text += gap + (f"<{VARIABLE}{token.text[1:]}>" if token.kind == "variable" else token.text)
        end = token.end
    return text
