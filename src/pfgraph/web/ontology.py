"""The ontology as a page: every term with its anchor, in both languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import OWL, PF, RDFS, SKOS
from pfgraph.web.rendering import View
from pfgraph.web.site import text_of
from pfgraph.web.solutions import Cell, cell


@dataclass(frozen=True)
class Entry:
    """A class or property."""

    name: str
    label: Text
    definition: Text
    example: Text
    broader: Sequence[Cell]
    values: Sequence[Cell]


@dataclass(frozen=True)
class Ontology:
    """The classes and properties of the ontology, by name."""

    classes: Sequence[Entry]
    properties: Sequence[Entry]


def ontology(triples: Iterable[Triple], view: View, labels: Mapping[str, Text]) -> Ontology:
    """Return the terms that a graph describes."""
    spoken: dict[str, list[Triple]] = {}
    for triple in triples:
        if isinstance(triple.subject, NamedNode) and triple.subject.value in PF:
            spoken.setdefault(triple.subject.value, []).append(triple)
    entries = {iri: _entry(iri, said, view, labels) for iri, said in sorted(spoken.items())}
    classes = {iri for iri, said in spoken.items() if any(t.object == OWL.Class for t in said)}
    return Ontology(
        classes=[entry for iri, entry in entries.items() if iri in classes],
        properties=[entry for iri, entry in entries.items() if iri not in classes],
    )


def _entry(iri: str, said: Sequence[Triple], view: View, labels: Mapping[str, Text]) -> Entry:
    def texts(predicate: NamedNode) -> Text:
        found = (t.object for t in said if t.predicate == predicate)
        by_language = {each.language or "": each.value for each in found if isinstance(each, Literal)}
        return text_of(by_language) if by_language else Text("", "")

    def cells(*predicates: NamedNode) -> list[Cell]:
        objects = [t.object for t in said if t.predicate in predicates]
        return [cell(each, view, labels) for each in objects if isinstance(each, NamedNode)]

    return Entry(
        name=iri.removeprefix(str(PF)),
        label=texts(RDFS.label),
        definition=texts(SKOS.definition),
        example=texts(SKOS.example),
        broader=cells(RDFS.subClassOf, RDFS.subPropertyOf),
        values=cells(RDFS.range),
    )
