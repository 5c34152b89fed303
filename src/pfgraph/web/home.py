"""The first page: what this is, how much there is of it, who takes part, and what can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import BadParameter
from pfgraph.messages import Text
from pfgraph.releases.release import Release
from pfgraph.web import delivery
from pfgraph.web.queries import by_tag
from pfgraph.web.questions import example, question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Solution, str_of
from pfgraph.web.solutions import Cell, cell
from pfgraph.web.trace import trace

# The query of the release that tells what is said of each participant's platform.
_MENTIONS = "platform-mentions"
Counts = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Participant:
    """A row of the table of participants."""

    government: Cell
    code: str
    prefecture: Cell
    category: Cell
    ordinal: int
    states: Sequence[str]
    undertakings: Mapping[str, int]


class Home:
    """The first page of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def respond(self, request: Request) -> Response:
        """Return the first page."""
        view, release = View.of(request), self._site.release()
        trace(request.scope).release = release.id
        queries = list(release.queries().values())
        page = {
            "release": release,
            "counts": await self._counts(release, "numbers", "kind"),
            "participants": await self._participants(release, view),
            "groups": by_tag(queries),
            "example": example(),
        }
        headers = delivery.release_headers(release, view)
        return self._site.pages.response("home.html", view, page, headers=headers)

    async def _counts(self, release: Release, name: str, key: str, **slots: list[NamedNode]) -> Counts:
        """Return counts by stage (its key, or nothing) of each thing that a question counts."""
        found: dict[str, dict[str, int]] = {}
        for solution in await self._site.solutions(release, question(name, **slots)):
            stage = str_of(solution["stage"]).rpartition("/")[2] if "stage" in solution else ""
            found.setdefault(str_of(solution[key]), {})[stage] = int(str_of(solution["count"]))
        return found

    async def _participants(self, release: Release, view: View) -> list[Participant]:
        solutions = await self._site.solutions(release, question("participants"))
        governments = [NamedNode(str_of(solution["government"])) for solution in solutions]
        counts = await self._counts(release, "undertakings", "government", government=governments)
        iris = {str_of(term) for solution in solutions for term in solution.values() if _is_named(term)}
        labels = await self._site.labels(release, iris)
        states = await self._states(release)
        return [_participant(solution, view, labels, states, counts) for solution in solutions]

    async def _states(self, release: Release) -> dict[str, list[str]]:
        """Return what is said of each participant's platform, by government."""
        query = release.queries().get(_MENTIONS)
        if query is None:
            return {}
        try:
            solutions = await self._site.solutions(release, query.bind({}))
        except BadParameter:
            return {}
        found: dict[str, list[str]] = {}
        for solution in solutions:
            found.setdefault(str_of(solution["government"]), []).append(str_of(solution["state"]))
        return found


def _is_named(term: object) -> bool:
    return isinstance(term, NamedNode)


def _participant(
    solution: Solution,
    view: View,
    labels: Mapping[str, Text],
    states: Mapping[str, Sequence[str]],
    counts: Counts,
) -> Participant:
    government = str_of(solution["government"])
    return Participant(
        government=cell(solution["government"], view, labels),
        code=str_of(solution["code"]),
        prefecture=cell(solution.get("prefecture"), view, labels),
        category=cell(solution["category"], view, labels),
        ordinal=int(str_of(solution["ordinal"])),
        states=states.get(government, ()),
        undertakings=counts.get(government, {}),
    )
