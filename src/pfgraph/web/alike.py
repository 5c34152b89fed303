"""What is like a thing: undertakings with the same themes, cities of the same type, platforms at the same stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import PF
from pfgraph.releases.release import Release
from pfgraph.web.facts import Stage, stage_of
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Term, str_of
from pfgraph.web.solutions import Cell, cell

# Classes whose things can be alike; of all others nothing need be asked.
_COMPARED = frozenset(
    PF[name].value for name in ("Initiative", "SupportService", "Municipality", "Prefecture", "Platform")
)


@dataclass(frozen=True)
class Found:
    """A thing that is like another, the values that both have, and how far it has come about."""

    iri: str
    shared: Sequence[str]
    stage: Term | None


@dataclass(frozen=True)
class Alike:
    """A thing that is like another, for a reader."""

    thing: Cell
    shared: Sequence[Cell]
    stage: Stage | None


async def alike(site: Site, release: Release, iri: str, types: Sequence[str]) -> list[Found]:
    """Return what is most like a thing."""
    if _COMPARED.isdisjoint(types):
        return []
    solutions = await site.solutions(release, question("alike", resource=[NamedNode(iri)]))
    # Where nothing is alike, there is one solution of no group.
    groups = (solution for solution in solutions if "other" in solution)
    return [Found(str_of(s["other"]), sorted(str_of(s["values"]).split()), s.get("stage")) for s in groups]


def mentioned(found: Sequence[Found]) -> set[str]:
    """Return everything in it that has a name."""
    named = {each.iri for each in found} | {value for each in found for value in each.shared}
    return named | {str_of(each.stage) for each in found if each.stage is not None}


def told(found: Sequence[Found], view: View, labels: Mapping[str, Text]) -> list[Alike]:
    """Return what is alike for a reader."""

    def cells(iris: Sequence[str]) -> list[Cell]:
        return sorted((cell(NamedNode(iri), view, labels) for iri in iris), key=lambda each: each.text)

    return [
        Alike(
            cell(NamedNode(each.iri), view, labels),
            cells(each.shared),
            None if each.stage is None else stage_of(each.stage, view, labels),
        )
        for each in found
    ]
