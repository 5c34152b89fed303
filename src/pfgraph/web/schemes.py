"""A concept scheme as a tree, each concept with how often it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode

from pfgraph.releases.release import Release
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, str_of
from pfgraph.web.solutions import Cell, cell


@dataclass(frozen=True)
class Branch:
    """A concept, its definition, how many things use it, and the concepts below it."""

    concept: Cell
    definition: str
    uses: int
    narrower: Sequence[Branch]


async def tree(site: Site, release: Release, scheme: str, view: View) -> list[Branch]:
    """Return the concepts of a scheme, those without a broader one first, each above its narrower ones."""
    solutions = await site.solutions(release, question("tree", resource=[NamedNode(scheme)]))
    uses = {str_of(solution["concept"]): int(str_of(solution["count"])) for solution in solutions}
    parents: dict[str, set[str]] = {}
    for solution in solutions:
        above = str_of(solution["broader"]) if "broader" in solution else ""
        parents.setdefault(str_of(solution["concept"]), set()).add(above if above in uses else "")
    labels, definitions = await site.labels(release, uses), await site.definitions(release, uses)

    def below(above: str, path: tuple[str, ...]) -> list[Branch]:
        # A concept that is above itself is not followed round.
        found = sorted(iri for iri, broader in parents.items() if above in broader and iri not in path)
        return [
            Branch(
                cell(NamedNode(iri), view, labels),
                view.text(definitions[iri]) if iri in definitions else "",
                uses[iri],
                below(iri, (*path, iri)),
            )
            for iri in found
        ]

    return below("", ())
