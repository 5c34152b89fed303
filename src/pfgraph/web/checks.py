"""The shapes as a page: what the data of each class must supply, shape by shape, each with its anchor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph.shapes import Shapes
from pfgraph.messages import Text
from pfgraph.namespaces import PFSH, RDFS, SH, Namespace
from pfgraph.web.rendering import View
from pfgraph.web.solutions import Cell, cell

DCTERMS = Namespace("dcterms")


@dataclass(frozen=True)
class Check:
    """A property shape or constraint: its number, what it is about, how many values, and what it tells an officer."""

    name: str
    anchored: bool
    title: str
    number: str
    code: str
    message: str


@dataclass(frozen=True)
class ShapeGroup:
    """A node shape with the property shapes it names."""

    name: str
    title: str
    target: Sequence[Cell]
    checks: Sequence[Check]


class Checks:
    """The shapes of a graph, for one reader."""

    def __init__(self, triples: Sequence[Triple], view: View, labels: Mapping[str, Text]) -> None:
        self._shapes, self._view, self._labels = Shapes(triples), view, labels
        subjects = {t.subject.value for t in triples if isinstance(t.subject, NamedNode)}
        self._names = sorted(iri for iri in subjects if iri in PFSH)
        self._shown: set[str] = set()

    def groups(self) -> list[ShapeGroup]:
        """Return the node shapes in the order of the ontology, and what stands outside of any at the end."""
        named = [iri for iri in self._names if self._shapes.values(NamedNode(iri), SH.property)]
        found = [self._group(iri) for iri in sorted(named, key=self._order)]
        rest = [self._check(iri) for iri in self._names if iri not in self._shown]
        other = ShapeGroup("", self._view.say("そのほかの検査とまとまり", "Other checks, and groups"), (), rest)
        return [*found, other] if rest else found

    def _group(self, iri: str) -> ShapeGroup:
        node = NamedNode(iri)
        self._shown.add(iri)
        inside = [v.value for v in self._shapes.values(node, SH.property) if isinstance(v, NamedNode)]
        targets = [v for v in self._shapes.values(node, SH.targetClass) if isinstance(v, NamedNode)]
        return ShapeGroup(
            iri.removeprefix(str(PFSH)),
            self._text(node, RDFS.label) or iri.removeprefix(str(PFSH)),
            [cell(each, self._view, self._labels) for each in targets],
            [self._check(each) for each in sorted(inside, key=self._order)],
        )

    def _check(self, iri: str) -> Check:
        node, name = NamedNode(iri), iri.removeprefix(str(PFSH))
        anchored = iri not in self._shown and iri in PFSH
        self._shown.add(iri)
        least, most = (self._shapes.number(node, SH[each]) for each in ("minCount", "maxCount"))
        number = "" if least is None and most is None else f"{least or 0}..{'*' if most is None else most}"
        code = self._shapes.value(node, DCTERMS.identifier)
        return Check(
            name,
            anchored,
            self._text(node, SH.name) or self._text(node, RDFS.label) or name,
            number,
            code.value if isinstance(code, Literal) else "",
            self._text(node, SH.message),
        )

    def _text(self, node: NamedNode, predicate: NamedNode) -> str:
        found = self._shapes.text(node, predicate)
        return self._view.text(found) if found else ""

    def _order(self, iri: str) -> tuple[int, str]:
        order = self._shapes.number(NamedNode(iri), SH.order)
        return (1000 if order is None else order, iri)
