"""Where a thing belongs: the list of its kind, and the place and the local government that it is of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pyoxigraph import NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import PF
from pfgraph.releases.release import Release
from pfgraph.web.frames import frames_of
from pfgraph.web.prefectures import PREFECTURES, counted
from pfgraph.web.rendering import View
from pfgraph.web.solutions import Cell, cell

# What names the local government that a thing is of; more than one by the first of these, and it is of none. An area
# is not of its core city: it may lie in several prefectures.
_OF = (PF.leadGovernment, PF.implementer, PF.participant)


class Crumbs(NamedTuple):
    """The way to a thing by kind and by place, each from the widest to the narrowest, and without the thing."""

    kind: Sequence[Cell]
    place: Sequence[Cell]


def crumbs(
    release: Release, types: Iterable[str], said: Sequence[Triple], labels: Mapping[str, Text], view: View
) -> Crumbs:
    """Return the ways to a thing that says these triples of itself."""
    frames = frames_of(release.path).of(types)
    kind = [
        Cell(view.text(Text("一覧", "Collections")), view.href("/collections")),
        *(
            Cell(view.text(labels[each.type]), view.href(f"/collections/{each.name}"))
            for each in frames[:1]
            if each.type in labels
        ),
    ]
    return Crumbs(kind if len(kind) > 1 else [], _place(said, labels, view))


def _place(said: Sequence[Triple], labels: Mapping[str, Text], view: View) -> list[Cell]:
    """Return the prefecture, or the local government behind the name of its own."""
    within = _objects(said, PF.inPrefecture)
    if within:
        return [cell(each, view, labels) for each in within] if len(within) == 1 else []
    of = next((found for each in _OF if (found := _objects(said, each))), [])
    if len(of) != 1:
        return []
    government = cell(of[0], view, labels)
    codes = counted([of[0].value])
    names = [view.text(Text(each.ja, each.en)) for each in (PREFECTURES[int(code) - 1] for code in codes)]
    return [*(Cell(name) for name in names if name != government.text), government]


def _objects(said: Sequence[Triple], predicate: NamedNode) -> list[NamedNode]:
    return [t.object for t in said if t.predicate == predicate and isinstance(t.object, NamedNode)]
