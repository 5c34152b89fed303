"""Triples about one thing as facts for a reader: named, in order, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, RDFS, SKOS
from pfgraph.web.dates import in_words
from pfgraph.web.origins import Footnotes, Mark
from pfgraph.web.rendering import View
from pfgraph.web.site import Term, str_of
from pfgraph.web.solutions import Cell, cell
from pfgraph.web.vocabulary import Place

# More values than this are counted, not shown.
SHOWN_VALUES = 20
_STAGES = ("existing", "planned", "considered", "concept")


@dataclass(frozen=True)
class Fact:
    """One property with its values and their footnotes; `total` is how many there are, were they all shown."""

    name: Cell
    definition: str
    values: Sequence[tuple[Cell, Sequence[Mark]]]
    total: int


@dataclass(frozen=True)
class Group:
    """Facts that belong together, under a heading."""

    title: str
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Stage:
    """How far a thing has come about: the key of its stage, and the word for it."""

    key: str
    cell: Cell


@dataclass(frozen=True)
class Part:
    """Some of the things that point somewhere: those that exist, those that are to come, or all (no heading)."""

    heading: str
    values: Sequence[Cell]
    mood: OneOf["told", "meant", "plain"] = "told"


@dataclass(frozen=True)
class Pointing:
    """The things that point here by one property, what exists apart from what is to come."""

    name: Cell
    definition: str
    parts: Sequence[Part]
    total: int


class Writer:
    """Writes triples as facts, in one language."""

    def __init__(
        self,
        view: View,
        labels: Mapping[str, Text],
        definitions: Mapping[str, Text],
        parts: Mapping[str, str],
        footnotes: Footnotes,
    ) -> None:
        self._view, self._labels, self._definitions, self._parts = view, labels, definitions, parts
        self._footnotes = footnotes

    def cell(self, term: Term) -> Cell:
        """Return a term as a reader sees it."""
        written = cell(term, self._view, self._labels)
        if written.iri in self._parts:
            return Cell(self._parts[written.iri])
        words = in_words(term, self._view.lang) if isinstance(term, Literal) else None
        return written if words is None else replace(written, text=words, note=written.text)

    def groups(self, spoken: Iterable[Triple], places: Mapping[str, Place], titles: Mapping[str, Text]) -> list[Group]:
        """Return what is said of the thing, but for what the page says elsewhere, in the shapes' order."""
        # Name and type are the heading, statements are the evidence.
        elsewhere = {RDF.type, RDFS.label, SKOS.prefLabel, PF.reading, PF.statedIn}
        by_path: dict[str, list[Term]] = {}
        for triple in spoken:
            if triple.predicate not in elsewhere:
                by_path.setdefault(triple.predicate.value, []).append(triple.object)
        groups: dict[str, list[Fact]] = {}
        for path in sorted(by_path, key=lambda path: (places[path], path)):
            groups.setdefault(places[path].group, []).append(self._fact(path, by_path[path]))
        other = Text("その他", "Other")
        return [Group(self._view.text(titles.get(name, other)), facts) for name, facts in groups.items()]

    def incoming(self, incoming: Iterable[Triple], stages: Mapping[str, Stage]) -> list[Pointing]:
        """Return who points here by which property."""
        by_path: dict[str, list[Term]] = {}
        for triple in incoming:
            if isinstance(triple.subject, NamedNode):
                by_path.setdefault(triple.predicate.value, []).append(triple.subject)
        return [self._pointing(path, subjects, stages) for path, subjects in sorted(by_path.items())]

    def _pointing(self, path: str, subjects: Sequence[Term], stages: Mapping[str, Stage]) -> Pointing:
        ordered = sorted(subjects, key=lambda node: (_stage_rank(stages.get(str_of(node))), str_of(node)))
        cells = [self.cell(node) for node in ordered]
        staged = [each for each in cells if each.iri in stages]
        existing = [each for each in staged if stages[each.iri].key == _STAGES[0]]
        to_come = [each for each in staged if stages[each.iri].key != _STAGES[0]]
        rest = [each for each in cells if each.iri not in stages]
        say = self._view.say
        parts = [
            Part(say("事実: 実施済み・実施中", "Facts: existing"), existing),
            Part(say("意向: 予定・検討・構想", "Intentions: planned, considered"), to_come, "meant"),
            Part(say("段階の区別なし", "Without a stage") if staged else "", rest, "plain"),
        ]
        kept = [part for part in parts if part.values]
        return Pointing(self.cell(NamedNode(path)), self._definition(path), kept, len(subjects))

    def _fact(self, path: str, values: Sequence[Term]) -> Fact:
        shown = self._in_language(path, values)
        # Of a text in several languages one is enough; of other values all count.
        total = len(shown) if len(shown) <= SHOWN_VALUES else len(values)
        return Fact(self.cell(NamedNode(path)), self._definition(path), shown[:SHOWN_VALUES], total)

    def _in_language(self, path: str, values: Sequence[Term]) -> list[tuple[Cell, Sequence[Mark]]]:
        """Return values in the reader's language where they are given in it, else as they are."""
        tagged = {value.language for value in values if isinstance(value, Literal) and value.language}
        wanted = self._view.lang if self._view.lang in tagged else None
        kept = [v for v in values if not (wanted and isinstance(v, Literal) and v.language not in (None, wanted))]
        marked = [(self.cell(value), self._footnotes.of(path, value)) for value in kept]
        return sorted(marked, key=lambda each: (each[0].text, each[0].iri))

    def _definition(self, path: str) -> str:
        return self._view.text(self._definitions[path]) if path in self._definitions else ""


def stage_of(stage: Term, view: View, labels: Mapping[str, Text]) -> Stage:
    """Return a stage with its key, which is the end of its IRI."""
    return Stage(str_of(stage).rpartition("/")[2], cell(stage, view, labels))


def _stage_rank(stage: Stage | None) -> int:
    return _STAGES.index(stage.key) if stage and stage.key in _STAGES else len(_STAGES)
