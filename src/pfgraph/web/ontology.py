"""The ontology as a page: every term with its anchor, how often it is used, and how often a thing may have it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph.shapes import Property, Shapes
from pfgraph.messages import Text
from pfgraph.namespaces import OWL, PF, RDF, RDFS, SH, SKOS
from pfgraph.web.rendering import View
from pfgraph.web.site import text_of
from pfgraph.web.solutions import Cell, cell


@dataclass(frozen=True)
class Cardinality:
    """How many values of a property a thing of a class has, what they are, and which shape says so."""

    owner: Cell
    property: Cell
    number: str
    values: Sequence[Cell]
    shapes: Sequence[Cell]


@dataclass(frozen=True)
class Entry:
    """A class or property."""

    name: str
    iri: str
    label: Text
    definition: Text
    example: Text
    uses: int
    numbers: Sequence[Cardinality]


@dataclass(frozen=True)
class Ontology:
    """The classes and properties of the ontology, by name."""

    classes: Sequence[Entry]
    properties: Sequence[Entry]


class Lexicon:
    """What a release says of its terms: the ontology, the shapes by class, how often each is used, all names."""

    def __init__(
        self,
        triples: Sequence[Triple],
        shapes: Iterable[Triple],
        uses: Mapping[str, int],
        labels: Mapping[str, Text],
    ) -> None:
        self.triples, self.uses, self.labels = triples, uses, labels
        self.shapes = Shapes([*triples, *shapes])
        self.classes = terms_of(triples, OWL.Class)
        self.properties = {iri: self.shapes.properties(NamedNode(iri)) for iri in sorted(self.classes)}
        self.spoken: dict[str, list[Triple]] = {}
        for triple in triples:
            if isinstance(triple.subject, NamedNode) and triple.subject.value in PF:
                self.spoken.setdefault(triple.subject.value, []).append(triple)


class Glossary:
    """The terms of a release for one reader."""

    def __init__(self, lexicon: Lexicon, view: View) -> None:
        self._lexicon, self._view = lexicon, view
        self._classes, self._properties, self._shapes = lexicon.classes, lexicon.properties, lexicon.shapes

    def ontology(self) -> Ontology:
        """Return all terms; a class with the properties that its own shape names, a property with its classes."""
        entries = {iri: self.entry(iri) for iri in sorted(self._lexicon.spoken)}
        return Ontology(
            classes=[entry for iri, entry in entries.items() if iri in self._classes],
            properties=[entry for iri, entry in entries.items() if iri not in self._classes],
        )

    def numbers(self, iri: str) -> list[Cardinality]:
        """Return how many values a thing of a class has of each property, or of a property in each class."""
        if iri in self._classes:
            return [self._cardinality(iri, each) for each in self._properties[iri]]
        found = self._properties.items()
        return [self._cardinality(owner, each) for owner, all_ in found for each in all_ if each.path.value == iri]

    def entry(self, iri: str) -> Entry:
        """Return the entry about a term."""
        said = self._lexicon.spoken.get(iri, ())

        def texts(predicate: NamedNode) -> Text:
            found = (t.object for t in said if t.predicate == predicate)
            by_language = {each.language or "": each.value for each in found if isinstance(each, Literal)}
            return text_of(by_language) if by_language else Text("", "")

        return Entry(
            name=iri.removeprefix(str(PF)),
            iri=iri,
            label=texts(RDFS.label),
            definition=texts(SKOS.definition),
            example=texts(SKOS.example),
            uses=self._lexicon.uses.get(iri, 0),
            numbers=self._own(iri),
        )

    def _own(self, iri: str) -> list[Cardinality]:
        """Return what the shape of one class alone says, and not those of all things: `Platform-covers`."""
        found = [each for each in self.numbers(iri) if _is_own(each)]
        if iri in self._classes:
            return [each for each in found if each.property.iri in PF]
        anything = Cell(self._view.say("どのクラスでも", "any class"))
        return found or [replace(each, owner=anything) for each in self.numbers(iri)[:1]]

    def _cardinality(self, owner: str, found: Property) -> Cardinality:
        kinds = [v for shape in found.shapes for name in _KINDS for v in self._shapes.values(shape, SH[name])]
        named = dict.fromkeys(kind for kind in kinds if isinstance(kind, NamedNode))
        return Cardinality(
            owner=self._cell(NamedNode(owner)),
            property=self._cell(found.path),
            number=_number(found.min_count, found.max_count),
            values=[self._cell(each) for each in named],
            shapes=[self._cell(each) for each in found.shapes if isinstance(each, NamedNode)],
        )

    def _cell(self, node: NamedNode) -> Cell:
        return cell(node, self._view, self._lexicon.labels)


def _is_own(found: Cardinality) -> bool:
    """Whether a shape that is named for the class says it (property shapes are `<Class>-<property>`)."""
    owner = found.owner.iri.rpartition("#")[2]
    return any(shape.iri.rpartition("#")[2].startswith(f"{owner}-") for shape in found.shapes)


_KINDS = ("class", "datatype", "node")


def terms_of(triples: Iterable[Triple], kind: NamedNode) -> frozenset[str]:
    """Return the IRIs that triples say are of a kind."""
    found = (t.subject for t in triples if t.predicate == RDF.type and t.object == kind)
    return frozenset(each.value for each in found if isinstance(each, NamedNode))


def _number(least: int, most: int | None) -> str:
    if most == least:
        return str(least)
    return f"{least}..{'*' if most is None else most}"
