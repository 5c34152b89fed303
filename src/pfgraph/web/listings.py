"""Collections as pages: which classes there are, and the things of one of them, with what they can be narrowed by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode
from starlette.requests import Request
from starlette.responses import Response

from pfgraph.messages import Text
from pfgraph.web import delivery, forms
from pfgraph.web.collections import FORMS, Collections, Page
from pfgraph.web.context import Term as Word
from pfgraph.web.context import context_of
from pfgraph.web.contract import Contract
from pfgraph.web.dates import in_words
from pfgraph.web.frames import frames_of
from pfgraph.web.members import Members, Selection, filterable
from pfgraph.web.negotiation import choose
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Term, str_of
from pfgraph.web.solutions import Cell, cell
from pfgraph.web.trace import trace

_OFFERED = (*FORMS, forms.HTML)
# What tells the things of a class apart, the most telling first; a table has the first few that its class has.
_TELLING = (
    *("localGovernmentCode", "leadGovernment", "implementer", "participant", "stage", "platformStatus", "changeType"),
    *("modality", "inPrefecture", "established", "fiscalYear", "theme", "fragment", "inScheme", "assignmentOf"),
    *("document", "count", "countedKind", "ordinal", "municipalityType", "coreCity", "member", "page", "programme"),
)
_COLUMNS = 3
# A column is worth its place where at least one row in so many has a value in it.
_SPARSE = 3
# A property with more values than this narrows nothing at a glance.
_MOST_VALUES = 16


@dataclass(frozen=True)
class Choice:
    """A value to narrow a collection by: its name, how many things have it, where it leads, whether it is chosen."""

    name: str
    count: int
    href: str
    chosen: bool


@dataclass(frozen=True)
class Facet:
    """A property of a class with the values that things of it have."""

    name: str
    choices: Sequence[Choice]


class Listings:
    """The collections of one site, as pages for readers and as they are for everyone else."""

    def __init__(self, site: Site, contract: Contract, collections: Collections) -> None:
        self._site, self._contract, self._collections = site, contract, collections
        self._members = Members(site)

    async def index(self, request: Request) -> Response:
        """Return which classes there are, and how many things of each."""
        if choose(request.headers.getlist("accept"), _OFFERED, request.query_params.get("format")) is not forms.HTML:
            return await self._contract.schemas(request)
        release, view = self._site.release(), View.of(request)
        trace(request.scope).release = release.id
        frames = list(frames_of(release.path).by_name.values())
        types = [frame.type for frame in frames]
        labels = await self._site.labels(release, types)
        definitions = await self._site.definitions(release, types)
        counts = [await self._members.count(release, Selection(frame)) for frame in frames]
        rows = [
            (frame.name, cell(NamedNode(frame.type), view, labels), _told(view, definitions, frame.type), count)
            for frame, count in zip(frames, counts, strict=True)
            if count
        ]
        headers = delivery.release_headers(release, view)
        return self._site.pages.response("collections.html", view, {"release": release, "rows": rows}, headers=headers)

    async def respond(self, request: Request) -> Response:
        """Return a page of a collection."""
        if choose(request.headers.getlist("accept"), _OFFERED, request.query_params.get("format")) is not forms.HTML:
            return await self._collections.respond(request)
        page = self._collections.page(request)
        release, view, frame = page.release, page.view, page.selection.frame
        context = context_of(release.path)
        found = await self._members.after(release, page.selection, context.expand(page.after, vocab=False))
        shown = [NamedNode(iri) for iri in found[: page.limit]]
        words = self._words(page)
        titles, rows = await self._table(page, shown, words)
        labels = await self._site.labels(release, [frame.type])
        definitions = await self._site.definitions(release, [frame.type])
        more = {} if len(found) <= page.limit else _query(page, after=context.id(shown[-1].value))
        told = {
            "release": release,
            "kind": cell(NamedNode(frame.type), view, labels),
            "definition": _told(view, definitions, frame.type),
            "name": frame.name,
            "total": await self._members.count(release, page.selection),
            "titles": titles,
            "rows": rows,
            "facets": await self._facets(page, words),
            "narrowed": bool(page.filters),
            "more": view.href(f"/collections/{frame.name}", **more) if more else "",
        }
        headers = self._headers(page, shown, told["more"])
        return self._site.pages.response("collection.html", view, told, headers=headers)

    def _headers(self, page: Page, shown: Sequence[NamedNode], more: object) -> dict[str, str]:
        headers = delivery.release_headers(page.release, page.view)
        links = [f'<{each.value}>; rel="item"' for each in shown]
        links += [f'<{page.view.origin}{more}>; rel="next"'] if more else []
        headers["Link"] = ", ".join([headers["Link"], *links])
        return headers

    def _words(self, page: Page) -> dict[str, Word]:
        """Return the members that tell the things of the class apart."""
        known = filterable(page.selection.frame, context_of(page.release.path))
        return {name: known[name] for name in _TELLING if name in known}

    async def _table(
        self, page: Page, shown: Sequence[NamedNode], words: Mapping[str, Word]
    ) -> tuple[list[str], list[tuple[Cell, list[list[Cell]]]]]:
        """Return the titles of some columns and the rows of a page: each thing with its values."""
        paths = [NamedNode(word.iri) for word in words.values()]
        solutions = await self._site.solutions(page.release, question("columns", resource=shown, property=paths))
        values: dict[tuple[str, str], list[Term]] = {}
        for each in solutions:
            values.setdefault((str_of(each["resource"]), str_of(each["property"])), []).append(each["value"])
        used = Counter(path for _, path in values)
        kept = [path.value for path in paths if used[path.value] * _SPARSE >= len(shown) > 0][:_COLUMNS]
        terms = [term for (_, path), said in values.items() if path in kept for term in said]
        iris = {term.value for term in terms if isinstance(term, NamedNode)}
        labels = await self._site.labels(page.release, {*iris, *kept, *(each.value for each in shown)})
        titles = [cell(NamedNode(path), page.view, labels).text for path in kept]
        rows = [
            (
                cell(each, page.view, labels),
                [[_cell(term, page.view, labels) for term in values.get((each.value, path), ())] for path in kept],
            )
            for each in shown
        ]
        return titles, rows

    async def _facets(self, page: Page, words: Mapping[str, Word]) -> list[Facet]:
        """Return what a collection can be narrowed by, with the number of things behind each choice."""
        named = {word.iri: name for name, word in words.items() if word.type == "@id"}
        paths = [NamedNode(iri) for iri in named]
        asked = question("facets", property=paths, **{"class": [NamedNode(page.selection.frame.type)]})
        solutions = [each for each in await self._site.solutions(page.release, asked) if "value" in each]
        labels = await self._site.labels(page.release, {str_of(e[n]) for e in solutions for n in ("value", "property")})
        context, found = context_of(page.release.path), []
        for path, name in named.items():
            choices = [
                Choice(
                    cell(each["value"], page.view, labels).text,
                    int(str_of(each["count"])),
                    page.view.href(f"/collections/{page.selection.frame.name}", **{name: context.id(value)}),
                    page.filters.get(name) == [context.id(value)],
                )
                for each in solutions
                if str_of(each["property"]) == path and (value := str_of(each["value"]))
            ]
            if 1 < len(choices) <= _MOST_VALUES:
                found.append(Facet(cell(NamedNode(path), page.view, labels).text, choices))
        return found


def _query(page: Page, **more: str) -> dict[str, str]:
    asked = {name: values[0] for name, values in page.filters.items()}
    return {**asked, "limit": str(page.limit), **more}


def _cell(term: Term, view: View, labels: Mapping[str, Text]) -> Cell:
    words = in_words(term, view.lang) if isinstance(term, Literal) else None
    return Cell(words) if words else cell(term, view, labels)


def _told(view: View, definitions: Mapping[str, Text], iri: str) -> str:
    return view.text(definitions[iri]) if iri in definitions else ""
