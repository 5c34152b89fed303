"""The JSON-LD context of a release, as far as writing needs to know it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from pfgraph.errors import ReleaseError

FILE = Path("ontology", "context.jsonld")
_KEYWORD = re.compile("@[A-Za-z]+")
_GEN_DELIMS = tuple(":/?#[]@")


@dataclass(frozen=True)
class Term:
    """A term of the context: which property it is, and what its values are taken to be."""

    name: str
    iri: str
    type: str | None = None
    container: str | None = None


class Context:
    """Terms, prefixes, aliases and the vocabulary of one context."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        entries = cast(Mapping[str, Any], json.loads(source)["@context"])
        simple = {name: value for name, value in entries.items() if isinstance(value, str)}
        simple |= {n: e["@id"] for n, e in entries.items() if isinstance(e, dict) and _KEYWORD.fullmatch(e["@id"])}
        self._vocab = simple.get("@vocab", "")
        self._aliases = {value: name for name, value in simple.items() if _KEYWORD.fullmatch(value)}
        prefixes = {n: v for n, v in simple.items() if not n.startswith("@") and v.endswith(_GEN_DELIMS)}
        self._names = frozenset(entries)
        self._namespaces = sorted(((iri, name) for name, iri in prefixes.items()), key=lambda p: -len(p[0]))
        self._prefixes = prefixes
        defined = ((n, e) for n, e in entries.items() if isinstance(e, dict) and not _KEYWORD.fullmatch(e["@id"]))
        terms = (self._defined(name, entry) for name, entry in defined)
        self._by_name = {term.name: term for term in terms}
        self._terms = {term.iri: term for term in self._by_name.values()}

    def _defined(self, name: str, entry: Mapping[str, str]) -> Term:
        kind = entry.get("@type")
        return Term(
            name,
            self.expand(entry["@id"], vocab=False),
            kind if kind is None or kind.startswith("@") else self.expand(kind, vocab=False),
            entry.get("@container"),
        )

    def expand(self, name: str, *, vocab: bool = True) -> str:
        """Return the IRI that a word of the vocabulary, a prefixed name or an IRI stands for."""
        prefix, colon, local = name.partition(":")
        if colon and prefix in self._prefixes:
            return self._prefixes[prefix] + local
        return self._vocab + name if vocab and not colon else name

    def member(self, name: str) -> Term:
        """Return the term that a key stands for; what the context does not define is a word of the vocabulary."""
        return self._by_name.get(name) or Term(name, self.expand(name))

    def terms(self) -> Mapping[str, Term]:
        """Return the terms for properties, by name."""
        return self._by_name

    def alias(self, keyword: str) -> str:
        """Return what a keyword is called here: `id` for `@id`."""
        return self._aliases.get(keyword, keyword)

    def term(self, iri: str) -> Term | None:
        """Return the term for a property, if it has one."""
        return self._terms.get(iri)

    def vocab(self, iri: str, *, as_term: bool = True) -> str:
        """Return a class, datatype or property as the vocabulary or a prefix shortens it.

        A property whose term does not fit a value is to be written without that term (`as_term=False`).
        """
        local = iri.removeprefix(self._vocab) if self._vocab else iri
        plain = local != iri and local and ":" not in local and not local.startswith("@")
        if plain and local not in self._names and (as_term or iri not in self._terms):
            return local
        return self.id(iri)

    def id(self, iri: str) -> str:
        """Return an IRI as its longest prefix shortens it."""
        for namespace, prefix in self._namespaces:
            local = iri.removeprefix(namespace)
            # JSON-LD 1.1 §5.1: a suffix that begins with two slashes belongs to a scheme, not to a prefix.
            if local != iri and not local.startswith("//") and f"{prefix}:{local}" not in self._names:
                return f"{prefix}:{local}"
        return iri


@lru_cache(maxsize=8)
def context_of(release: Path) -> Context:
    """Return the context a release was published with."""
    try:
        return Context((release / FILE).read_bytes())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(
            "版の JSON-LD コンテキストを読めません。",
            "The JSON-LD context of the release cannot be read.",
            where=str(FILE),
        ) from error
