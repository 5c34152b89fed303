"""How one term is written in canonical Turtle."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyoxigraph import BlankNode, Literal, NamedNode

from pfgraph.namespaces import XSD
from pfgraph.sources.lists import Term

_WORD = "A-Za-z0-9_\u3005\u3041-\u3096\u30a1-\u30fa\u30fc\u4e00-\u9fff"
_LOCAL = re.compile(f"[{_WORD}](?:[{_WORD}.-]*[{_WORD}-])?")
_RELATIVE = re.compile(r"[A-Za-z0-9_][\w~.-]*(?:/[A-Za-z0-9_][\w~.-]*)*(?:#[\w~.-]*)?", re.ASCII)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile('["\\\\\\x00-\\x1f\\x7f]')
# Turtle 1.1 §2.5.2: numbers and booleans have a short form that keeps their lexical form.
_BARE = {
    "integer": re.compile("[+-]?[0-9]+"),
    "decimal": re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    "boolean": re.compile("true|false"),
}


class Notation:
    """Terms written with the shortest declared name; remembers which declarations were needed."""

    def __init__(self, prefixes: Mapping[str, str], lists: Mapping[BlankNode, tuple[Term, ...]] | None = None) -> None:
        self._prefixes = sorted(prefixes.items(), key=lambda pair: (-len(pair[1]), pair[0]))
        self._base = prefixes.get("id", "").removesuffix("id/")
        self._lists = lists or {}
        self._used: set[str] = set()
        self._bare = {XSD[name].value: pattern for name, pattern in _BARE.items()}

    def declarations(self) -> list[str]:
        """Return the lines that declare what was used, sorted."""
        named = dict(self._prefixes)
        lines = [f"@prefix {prefix}: <{named[prefix]}> ." for prefix in sorted(self._used - {"@base"})]
        return [f"@base <{self._base}> .", *lines] if "@base" in self._used else lines

    def iri(self, node: NamedNode) -> str:
        """Return an IRI as a prefixed name, else relative to our base, else in full."""
        for prefix, namespace in self._prefixes:
            if node.value.startswith(namespace) and _LOCAL.fullmatch(node.value, len(namespace)):
                self._used.add(prefix)
                return f"{prefix}:{node.value[len(namespace) :]}"
        if self._base and node.value.startswith(self._base) and _RELATIVE.fullmatch(node.value, len(self._base)):
            self._used.add("@base")
            return f"<{node.value[len(self._base) :]}>"
        return f"<{node.value}>"

    def term(self, term: Term) -> str:
        """Return any object: an IRI, a literal, or a list in parentheses."""
        if isinstance(term, NamedNode):
            return self.iri(term)
        if isinstance(term, Literal):
            return self._literal(term)
        if isinstance(term, BlankNode) and term in self._lists:
            return f"( {' '.join(self.term(item) for item in self._lists[term])} )"
        raise ValueError(f"no canonical form for {term}")

    def _literal(self, literal: Literal) -> str:
        bare = self._bare.get(literal.datatype.value)
        if bare and bare.fullmatch(literal.value):
            return literal.value
        text = _ESCAPED.sub(_escape, literal.value)
        if literal.language:
            return f'"{text}"@{literal.language}'
        if literal.datatype == XSD.string:
            return f'"{text}"'
        return f'"{text}"^^{self.iri(literal.datatype)}'

    def rank(self, term: Term) -> tuple[str, ...]:
        """Return where a term stands among the objects of one predicate: IRIs, literals by language, lists."""
        if isinstance(term, NamedNode):
            return ("0", term.value)
        if isinstance(term, Literal):
            return ("1", term.language or "", term.datatype.value, term.value)
        return ("2", self.term(term))


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    return _ESCAPES.get(char) or f"\\u{ord(char):04X}"
