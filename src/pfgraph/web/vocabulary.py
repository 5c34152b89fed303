"""In which order the properties of a class are read: SHACL's `sh:group` and `sh:order`, for people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from pfgraph.releases.release import Release
from pfgraph.web.questions import question
from pfgraph.web.site import Site, Solution, str_of

_LAST = 1000.0


class Place(NamedTuple):
    """Where a property stands: the rank of its group, its own rank, and which group that is."""

    group_order: float = _LAST
    order: float = _LAST
    group: str = ""


@dataclass(frozen=True)
class Vocabulary:
    """The places of properties, by class and property."""

    places: dict[tuple[str, str], Place]

    def place(self, types: Iterable[str], path: str) -> Place:
        """Return where a property stands on the page of a thing: as the shapes of its types say first."""
        return min((self.places.get((each, path), Place()) for each in types), default=Place())


class Vocabularies:
    """The vocabulary of each release that was asked for lately."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._found: dict[str, Vocabulary] = {}

    async def of(self, release: Release) -> Vocabulary:
        """Return the vocabulary of a release."""
        if release.id not in self._found:
            solutions = await self._site.solutions(release, question("shapes"))
            self._found = {release.id: Vocabulary(dict(map(_placed, solutions)))}
        return self._found[release.id]


def _placed(solution: Solution) -> tuple[tuple[str, str], Place]:
    key = (str_of(solution["class"]), str_of(solution["path"]))
    group_order, order = (_number(solution, name) for name in ("groupOrder", "order"))
    return key, Place(group_order, order, str_of(solution["group"]) if "group" in solution else "")


def _number(solution: Solution, name: str) -> float:
    return float(str_of(solution[name])) if name in solution else _LAST
