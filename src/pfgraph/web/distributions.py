"""The catalogue as readers see it: which datasets there are, and which files each can be had as."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import DCAT, DCTERMS, RDF, Namespace
from pfgraph.web.rendering import View
from pfgraph.web.site import text_of

SPDX = Namespace("spdx")


@dataclass(frozen=True)
class File:
    """A file to have: its name, where it is, how long, and its SHA-256 where that is known."""

    name: str
    href: str | None
    size: str
    digest: str


@dataclass(frozen=True)
class Listed:
    """A dataset or service of the catalogue, with its files."""

    iri: str
    title: str
    description: str
    href: str | None
    files: Sequence[File]


def listed(triples: Iterable[Triple], view: View) -> list[Listed]:
    """Return the datasets and services of a catalogue, those with the most files first."""
    said: dict[str, dict[str, list[object]]] = {}
    for triple in triples:
        if isinstance(triple.subject, NamedNode):
            by_predicate = said.setdefault(triple.subject.value, {})
            by_predicate.setdefault(triple.predicate.value, []).append(triple.object)
    kinds = {DCAT.Dataset, DCAT.DataService}
    found = [
        Listed(
            iri,
            _text(each.get(DCTERMS.title.value, ()), view) or iri,
            _text(each.get(DCTERMS.description.value, ()), view),
            view.link(iri),
            _files(each.get(DCAT.distribution.value, ()), said, view),
        )
        for iri, each in said.items()
        if kinds & {*each.get(RDF.type.value, ())}
    ]
    return sorted(found, key=lambda each: (-len(each.files), each.iri))


def _files(nodes: Iterable[object], said: dict[str, dict[str, list[object]]], view: View) -> list[File]:
    files = []
    for node in nodes:
        each = said.get(node.value, {}) if isinstance(node, NamedNode) else {}
        addresses = [a.value for a in each.get(DCAT.downloadURL.value, ()) if isinstance(a, NamedNode)]
        sums = [s.value for s in each.get(SPDX.checksum.value, ()) if isinstance(s, NamedNode)]
        digests = [_first(said.get(s, {}).get(SPDX.checksumValue.value, ())) for s in sums]
        if addresses:
            name = addresses[0].rpartition("/")[2]
            size = _first(each.get(DCAT.byteSize.value, ()))
            files.append(File(name, view.link(addresses[0]), size, next(iter(digests), "")))
    return sorted(files, key=lambda file: file.name)


def _text(values: Iterable[object], view: View) -> str:
    by_language = {value.language or "": value.value for value in values if isinstance(value, Literal)}
    return view.text(text_of(by_language) if by_language else Text("", ""))


def _first(values: Iterable[object]) -> str:
    return next((value.value for value in values if isinstance(value, Literal)), "")
