"""The IRIs that a SPARQL text speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pfgraph.sources.lexer import line_at, significant

_ESCAPED = re.compile(r"\\(.)")


def mentions(text: str, prefixes: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Return each IRI of a text with its line; names expand by the text's own PREFIX lines before `prefixes`."""
    known = dict(prefixes)
    declared = ""
    for token in significant(text):
        if token.is_word("PREFIX"):
            declared = ":"
        elif declared == ":" and token.kind == "name":
            declared = token.text
        elif token.kind == "iri" and declared:
            known[declared.removesuffix(":")] = token.text[1:-1]
            declared = ""
        elif token.kind == "iri":
            yield token.text[1:-1], line_at(text, token.start)
        elif token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix in known:
                yield known[prefix] + _ESCAPED.sub(r"\1", local), line_at(text, token.start)
