"""IRIs as CSVW metadata writes them: prefixed names, and URI templates over the columns of a row."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pyoxigraph import NamedNode
from uritemplate import URITemplate

Value = str | tuple[str, ...]

_VARIABLE = r"[A-Za-z0-9_]+(?::[1-9][0-9]{0,3}|\*)?"
_TEMPLATE = re.compile(rf"(?:[^{{}}]|\{{[+#./;?&]?{_VARIABLE}(?:,{_VARIABLE})*\}})*")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!//)")
# The schemes that are written without //, so that they look like prefixes.
_OPAQUE_SCHEMES = ("urn", "mailto", "tel", "info", "tag")


def expand(name: str, prefixes: Mapping[str, str]) -> str:
    """Return a prefixed name in full, and anything else as it is."""
    prefix, _, local = name.partition(":")
    return prefixes[prefix] + local if prefix in prefixes and not local.startswith("//") else name


def unknown_prefix(name: str, prefixes: Mapping[str, str]) -> str | None:
    """Return the prefix of a name or template, if it is one that is not declared."""
    match = _SCHEME.match(name)
    if match is None or match[1] in prefixes or match[1] in _OPAQUE_SCHEMES:
        return None
    return match[1]


class Template:
    """A URI template (RFC 6570) whose variables are columns; ValueError if the text is none."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        if not _TEMPLATE.fullmatch(text):
            raise ValueError(text)
        self.text = text
        self._template = URITemplate(text)
        self.variables: tuple[str, ...] = tuple(self._template.variable_names)
        self._prefixes = prefixes
        # A row's subject is asked for once per column, a concept once per row.
        self._expanded: dict[tuple[Value, ...], NamedNode] = {}

    def expand(self, values: Mapping[str, Value]) -> NamedNode:
        """Return the IRI for the values of one row.

        Raises KeyError with the name of a variable without a value, ValueError with a text that is no IRI.
        """
        key = tuple(values[name] for name in self.variables)
        if key not in self._expanded:
            # Tabular metadata §5.1.3: variables first, then a prefix.
            text = self._template.expand(dict(zip(self.variables, key, strict=True)))
            iri = expand(text, self._prefixes)
            try:
                self._expanded[key] = NamedNode(iri)
            except ValueError as error:
                raise ValueError(iri) from error
        return self._expanded[key]
