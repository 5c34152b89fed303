"""What a thing is directly connected with, drawn: above it what points at it, below it what it points at."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pyoxigraph import NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import ID, PF
from pfgraph.web.rendering import View
from pfgraph.web.site import Term
from pfgraph.web.solutions import cell

WIDTH, _ROW, _OWN_ROW = 352, 32, 44
_SHOWN = 6
# In halves of a Japanese character.
_NAME_WIDTH, _PATH_WIDTH = 36, 16
# Evidence has a section of its own, and concepts are no neighbours but words.
_ELSEWHERE = frozenset({PF.statedIn, PF.fragment})
_CONCEPT = ID["concept/"].value


@dataclass(frozen=True)
class Neighbour:
    """A thing beside another: the name as it fits and in full, by which property, where it leads, and its row."""

    text: str
    name: str
    path: str
    path_name: str
    href: str | None
    intended: bool
    y: int


@dataclass(frozen=True)
class Neighbourhood:
    """A thing with its neighbours, and how many more there are of either kind."""

    above: Sequence[Neighbour]
    below: Sequence[Neighbour]
    more_above: int
    more_below: int
    text: str
    y: int
    height: int


def neighbours(triples: Iterable[Triple], node: NamedNode) -> tuple[list[Triple], list[Triple]]:
    """Return the triples that lead to a thing from things of ours, and from it to such things."""
    found = [t for t in triples if t.predicate not in _ELSEWHERE and t.subject != t.object]
    above = [t for t in found if t.object == node and _is_thing(t.subject)]
    below = [t for t in found if t.subject == node and _is_thing(t.object)]
    return _mixed(above), _mixed(below)


def _is_thing(term: Term) -> bool:
    return (
        isinstance(term, NamedNode)
        and term.value in ID
        and "#" not in term.value
        and not term.value.startswith(_CONCEPT)
    )


def _mixed(triples: Sequence[Triple]) -> list[Triple]:
    """Return triples so that each property has one before any has two."""
    by_path: dict[str, list[Triple]] = {}
    for triple in sorted(triples, key=str):
        by_path.setdefault(triple.predicate.value, []).append(triple)
    shown = [each for row in zip_longest(*(by_path[path] for path in sorted(by_path))) for each in row if each]
    kept = {*shown[:_SHOWN]}
    # Those that are shown stand by property again.
    return [*sorted(kept, key=lambda t: (t.predicate.value, str(t))), *shown[_SHOWN:]]


def drawn(
    label: Text,
    found: tuple[Sequence[Triple], Sequence[Triple]],
    stages: Mapping[str, str],
    view: View,
    labels: Mapping[str, Text],
) -> Neighbourhood | None:
    """Return the drawing, or None where fewer than two neighbours make it worth none."""
    above, below = found
    if len(above) + len(below) < 2:
        return None
    middle = len(above[:_SHOWN]) * _ROW

    def told(triple: Triple, other: Term, y: int) -> Neighbour:
        shown, path = cell(other, view, labels), cell(triple.predicate, view, labels).text
        intended = stages.get(shown.iri, "existing") != "existing"
        return Neighbour(
            cut(shown.text, _NAME_WIDTH), shown.text, cut(path, _PATH_WIDTH), path, shown.href, intended, y
        )

    return Neighbourhood(
        [told(t, t.subject, place * _ROW) for place, t in enumerate(above[:_SHOWN])],
        [told(t, t.object, middle + _OWN_ROW + place * _ROW) for place, t in enumerate(below[:_SHOWN])],
        max(0, len(above) - _SHOWN),
        max(0, len(below) - _SHOWN),
        cut(view.text(label), _NAME_WIDTH + _PATH_WIDTH),
        middle,
        middle + _OWN_ROW + len(below[:_SHOWN]) * _ROW,
    )


def cut(text: str, width: int) -> str:
    """Return a text that is no wider than so many halves of a Japanese character."""
    taken = 0
    for place, character in enumerate(text):
        taken += 2 if unicodedata.east_asian_width(character) in "WFA" else 1
        if taken > width:
            return f"{text[: max(0, place - 1)]}…"
    return text
