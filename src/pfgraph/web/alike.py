"""What is like a thing: undertakings with the same themes, cities of the same type, platforms at the same stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import PF
from pfgraph.releases.release import Release
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, str_of
from pfgraph.web.solutions import Cell, cell

# Classes whose things can be alike; of all others nothing need be asked.
_COMPARED = frozenset(
    PF[name].value for name in ("Initiative", "SupportService", "Municipality", "Prefecture", "Platform")
)
Found = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Alike:
    """A thing that is like another, and what both have."""

    thing: Cell
    shared: Sequence[Cell]


async def alike(site: Site, release: Release, iri: str, types: Sequence[str]) -> Found:
    """Return what is most like a thing, each with the values that both have."""
    if _COMPARED.isdisjoint(types):
        return {}
    solutions = await site.solutions(release, question("alike", resource=[NamedNode(iri)]))
    # Where nothing is alike, there is one solution of no group.
    return {str_of(s["other"]): sorted(str_of(s["values"]).split()) for s in solutions if "other" in s}


def mentioned(found: Found) -> list[str]:
    """Return everything in it that has a name."""
    return [*found, *{value for values in found.values() for value in values}]


def told(found: Found, view: View, labels: Mapping[str, Text]) -> list[Alike]:
    """Return what is alike for a reader."""
    return [
        Alike(
            cell(NamedNode(iri), view, labels),
            sorted((cell(NamedNode(value), view, labels) for value in values), key=lambda each: each.text),
        )
        for iri, values in found.items()
    ]
