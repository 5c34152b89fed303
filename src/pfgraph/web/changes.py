"""What changed between two releases, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH, ID, PF, RDF, RDFS, SKOS, base_iri
from pfgraph.releases.differences import KINDS, Change, Changed, Difference, Kind
from pfgraph.web.dates import in_words
from pfgraph.web.rendering import View
from pfgraph.web.solutions import Cell, cell

# So many things are told in words; a patch has them all.
SHOWN = 200
SHOWN_VALUES = 20
_KIND_WORDS: Mapping[Kind, Text] = {
    "added": Text("加わった", "added"),
    "removed": Text("なくなった", "removed"),
    "changed": Text("変わった", "changed"),
}


@dataclass(frozen=True)
class Line:
    """What became of one property: its name, the values that went and those that came."""

    name: Cell
    removed: Sequence[Cell]
    added: Sequence[Cell]


@dataclass(frozen=True)
class Told:
    """A thing that changed, for a reader."""

    thing: Cell
    types: Sequence[Cell]
    kind: Kind
    word: str
    lines: Sequence[Line]


@dataclass(frozen=True)
class Count:
    """How many things of a class were added, removed and changed."""

    type: Cell
    numbers: Mapping[Kind, int]


class Teller:
    """Tells a difference to one reader; links lead into the release that has what they name."""

    def __init__(self, found: Difference, view: View) -> None:
        self._names, self._view = found.names, view
        self._before = replace(view, release=found.before.id)
        self._after = replace(view, release=found.after.id)

    def told(self, things: Iterable[Changed]) -> list[Told]:
        """Return things in words."""
        return [self._told(thing) for thing in things]

    def counts(self, found: Difference) -> list[Count]:
        """Return the counts by class, ours first."""
        ordered = sorted(found.counts.items(), key=lambda each: (each[0] not in PF, each[0]))
        return [Count(self._cell(NamedNode(iri), self._after), numbers) for iri, numbers in ordered]

    def _told(self, thing: Changed) -> Told:
        view = self._before if thing.kind == "removed" else self._after
        types = [NamedNode(iri) for iri in sorted(thing.types, key=lambda iri: (iri not in PF, iri))]
        changes = [each for each in thing.changes if each.property != RDF.type.value or thing.kind == "changed"]
        return Told(
            thing=self._cell(NamedNode(thing.iri), view),
            types=[self._cell(each, view) for each in types],
            kind=thing.kind,
            word=self._view.text(_KIND_WORDS[thing.kind]),
            lines=[self._line(each) for each in sorted(changes, key=_names_first)],
        )

    def _line(self, change: Change) -> Line:
        return Line(
            self._cell(NamedNode(change.property), self._after),
            [self._cell(each, self._before) for each in change.removed[:SHOWN_VALUES]],
            [self._cell(each, self._after) for each in change.added[:SHOWN_VALUES]],
        )

    def _cell(self, term: object, view: View) -> Cell:
        if not isinstance(term, NamedNode | Literal):
            return Cell(str(term))
        words = in_words(term, view.lang) if isinstance(term, Literal) else None
        written = cell(term, view, self._names)
        return written if words is None else replace(written, text=words, note=written.text)


def _names_first(change: Change) -> tuple[bool, bool, str]:
    names = {RDFS.label.value, SKOS.prefLabel.value}
    return change.property not in names, change.property not in PF, change.property


def to_json(found: Difference, things: Sequence[Changed]) -> dict[str, object]:
    """Return the counts of a difference, and what changed, as a JSON value."""
    return {
        "before": found.before.id,
        "after": found.after.id,
        "quads": {"removed": len(found.removed), "added": len(found.added)},
        "classes": {iri: dict(numbers) for iri, numbers in found.counts.items()},
        "things": [
            {
                "iri": thing.iri,
                "kind": thing.kind,
                "types": list(thing.types),
                "label": found.names[thing.iri]._asdict() if thing.iri in found.names else None,
                "changes": [
                    {
                        "property": each.property,
                        "removed": [str(term) for term in each.removed],
                        "added": [str(term) for term in each.added],
                    }
                    for each in thing.changes
                ],
            }
            for thing in things
        ],
    }


def meant(found: Difference, text: str) -> str | None:
    """Return the IRI of what a reader names by its IRI, its local government code or its name, in either release."""
    for release in (found.after, found.before):
        store = Store.read_only(str(release.store_path))
        for node in _candidates(text):
            if next(store.quads_for_pattern(node, None, None, DefaultGraph()), None) is not None:
                return node.value
        for path in (RDFS.label, SKOS.prefLabel):
            for lang in ("ja", "en"):
                for quad in store.quads_for_pattern(None, path, Literal(text, language=lang), DefaultGraph()):
                    if isinstance(quad.subject, NamedNode):
                        return quad.subject.value
    return None


def _candidates(text: str) -> Iterable[NamedNode]:
    if text.isascii() and text.isdecimal():
        yield ID[f"government/{text}"]
    try:
        yield NamedNode(text)
    except ValueError:
        return


def is_counted(thing: Changed) -> bool:
    """Whether a thing is but a number of the dataset, which changes with everything else."""
    return thing.iri.startswith((f"{base_iri()}dataset#", str(GRAPH)))


def by_kind(things: Iterable[Changed]) -> dict[Kind, int]:
    """Return how many things were added, removed and changed."""
    kinds = [thing.kind for thing in things]
    return {kind: kinds.count(kind) for kind in KINDS}
