"""The first page: what this is, how much there is of it, who takes part, and what can be asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pfgraph.errors import BadParameter
from pfgraph.graph.portal import FILE
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, schema_org
from pfgraph.web.negotiation import choose
from pfgraph.web.prefectures import counted, grid
from pfgraph.web.queries import by_tag
from pfgraph.web.questions import example, question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Solution, str_of
from pfgraph.web.solutions import Cell, cell
from pfgraph.web.trace import trace

_FORMS = (forms.HTML, *forms.GRAPHS)
_TITLE = Text(
    "地方版孤独・孤立対策官民連携プラットフォームのデータセット",
    "Dataset on local platforms against loneliness and isolation in Japan",
)
_DESCRIPTION = Text(
    "どの地方公共団体が、だれと、どの年度に、何をしているか。根拠の記述とともに示すリンクトオープンデータ。",
    "Which local governments take part, with whom, in which year, doing what, each with the statement behind it.",
)
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
        """Return the first page, or where a machine finds what is here."""
        form = choose(request.headers.getlist("accept"), _FORMS, request.query_params.get("format"))
        if form is not forms.HTML:
            return RedirectResponse(View.of(request).href("/catalog"), 303, {"Vary": delivery.VARY})
        view, release = View.of(request), self._site.release()
        trace(request.scope).release = release.id
        queries = list(release.queries().values())
        participants = await self._participants(release, view)
        page = {
            "release": release,
            "grid": grid(counted(each.government.iri for each in participants), view.lang),
            "schema_org": self._described(release, view),
            "counts": await self._counts(release, "numbers", "kind"),
            "participants": participants,
            "groups": by_tag(queries),
            "example": example(),
        }
        headers = delivery.release_headers(release, view)
        return self._site.pages.response("home.html", view, page, headers=headers)

    def _described(self, release: Release, view: View) -> Markup:
        """Return the dataset as search engines read it."""
        return schema_org.dataset(
            f"{base_iri()}dataset",
            _TITLE,
            _DESCRIPTION,
            view.lang,
            version=release.id,
            dateModified=release.manifest.created,
            distribution={"@type": "DataDownload", "contentUrl": view.url(f"/dumps/current/{FILE}.ttl.gz")},
        )

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
