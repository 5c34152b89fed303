"""The canned queries: the list, and each of them run with typed parameters."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pfgraph.errors import BadParameter, NotFound, PfgraphError
from pfgraph.messages import Text
from pfgraph.query.engine import Answer
from pfgraph.query.engine import Request as EngineRequest
from pfgraph.releases.release import Release
from pfgraph.sources.queries import CannedQuery
from pfgraph.web import delivery, forms, interface, openapi, protocol
from pfgraph.web.answers import while_connected
from pfgraph.web.choices import choices
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.problems import Problem, problem
from pfgraph.web.rendering import View
from pfgraph.web.result_page import Result, page_syntax, result
from pfgraph.web.site import Site
from pfgraph.web.trace import trace

# What a request may say besides the query's own parameters.
_OURS = frozenset({"format", "timeout"})
# For so many releases the routes are kept; each costs some 50 ms to make.
_APIS = 4
_LIST = (Form("json", "application/json"), forms.HTML)


@dataclass(frozen=True)
class Asked:
    """A canned query of a release, the arguments given, and the form in which to answer."""

    query: CannedQuery
    arguments: dict[str, str]
    release: Release
    view: View
    form: Form


class Queries:
    """The canned queries of one site, each release's own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._apis: dict[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the routes of the current release."""
        release = self._site.asked(scope)
        trace(scope).release = release.id
        if release.id not in self._apis:
            kept = list(self._apis.items())[1 - _APIS :]
            self._apis = {**dict(kept), release.id: self._api(release)}
        await self._apis[release.id](scope, receive, send)

    def _api(self, release: Release) -> FastAPI:
        """Return the routes of a release, one for each of its queries."""
        api = _Api(release)
        api.add_api_route(
            "/queries",
            self.listing,
            operation_id="queries",
            tags=["queries"],
            summary="問いの一覧 / The questions",
            description="名前、引数、列、形式。 / Their names, parameters, columns and forms.",
            responses=openapi.listing(),
            response_class=Response,
        )
        for query in release.queries().values():
            api.add_api_route(
                f"/queries/{query.name}",
                self.run,
                operation_id=query.name,
                tags=list(query.tags),
                summary=f"{query.title.ja} / {query.title.en}",
                description=f"{query.description.ja}\n\n{query.description.en}",
                openapi_extra={"parameters": openapi.parameters(query)},
                responses=openapi.responses(query),
                response_class=Response,
            )
        # With a suffix (`participants.csv`), or under a name that does not exist.
        api.add_api_route("/queries/{name}", self.run, include_in_schema=False)
        return api

    async def listing(self, request: Request) -> Response:
        """Return which queries there are."""
        release, view = self._site.asked(request.scope), View.of(request)
        form = choose(request.headers.getlist("accept"), _LIST, request.query_params.get("format"))
        headers = delivery.release_headers(release, view)
        found = list(release.queries().values())
        if form is forms.HTML:
            page = {"release": release, "groups": by_tag(found)}
            return self._site.pages.response("queries.html", view, page, headers=headers)
        return JSONResponse([_listed(query, view) for query in found], headers=headers)

    async def run(self, request: Request) -> Response:
        """Return the answer to a query of the release."""
        release, view = self._site.asked(request.scope), View.of(request)
        name, _, suffix = request.scope["path"].rpartition("/")[2].partition(".")
        query = _named(name, release)
        notes = trace(request.scope)
        notes.name, notes.form = query.name, query.form
        wanted = suffix or request.query_params.get("format")
        form = choose(request.headers.getlist("accept"), forms.offered(query.form), wanted)
        asked = Asked(query, _arguments(request, query, view, form), release, view, form)
        if form is not forms.HTML:
            return await self._answered(request, asked)
        if all(parameter.name in asked.arguments for parameter in query.parameters if parameter.required):
            return await self._tried(request, asked)
        return await self._page(asked)

    async def _answered(self, request: Request, asked: Asked) -> Response:
        syntax = delivery.asked_syntax(asked.form)
        answer = await while_connected(request, self._ask(request, asked, syntax))
        headers = delivery.disposition(asked.query.name, asked.form)
        return await delivery.deliver(answer, asked.form, asked.release, asked.view, headers)

    async def _tried(self, request: Request, asked: Asked) -> Response:
        """Return the page with the answer, or with what is wrong."""
        try:
            answer = await while_connected(request, self._ask(request, asked, page_syntax(asked.query.form)))
            shown = await result(self._site, asked.release, asked.view, answer, titles=asked.query.titles)
            return await self._page(asked, result=shown)
        except PfgraphError as error:
            found = problem(error)
            trace(request.scope).outcome = found.kind
            return await self._page(asked, problem=found)

    async def _ask(self, request: Request, asked: Asked, media_type: str) -> Answer:
        operation = protocol.read("GET", request.scope["query_string"], None, b"")
        answer = await self._site.engine.answer(
            EngineRequest(
                query=asked.query.bind(asked.arguments),
                media_type=media_type,
                release=asked.release,
                timeout_s=operation.timeout_s,
                client=request.client.host if request.client else "",
            )
        )
        trace(request.scope).answer = answer
        return answer

    async def _page(self, asked: Asked, **shown: Result | Problem) -> Response:
        found = shown.get("problem")
        status, headers = 200, delivery.release_headers(asked.release, asked.view)
        if isinstance(found, Problem):
            status, headers = found.status, {**headers, "Cache-Control": "no-store", **found.headers}
        page = {
            "release": asked.release,
            "query": asked.query,
            "bound": _runnable(asked),
            "arguments": asked.arguments,
            "choices": await choices(self._site, asked.release, asked.query, asked.view),
            "result": shown.get("result"),
            "problem": found,
            "forms": _downloads(asked.query),
        }
        return self._site.pages.response("query.html", asked.view, page, status=status, headers=headers)


class _Api(FastAPI):
    """Routes and the description of the whole interface; errors are told, and answers kept, further out."""

    def __init__(self, release: Release) -> None:
        super().__init__(
            title="pfgraph",
            version=release.id,
            summary="地方版孤独・孤立対策官民連携プラットフォームのデータ / Data on local platforms against loneliness",
            docs_url=None,
            redoc_url=None,
        )
        self._release = release

    def openapi(self) -> dict[str, Any]:
        """Return the description: the canned queries, which are routes here, and what other routes offer."""
        found = super().openapi()
        # FastAPI keeps what it made, and gives out the same again.
        return {**found, "paths": {**found["paths"], **self._beside}, "components": openapi.COMPONENTS}

    @cached_property
    def _beside(self) -> dict[str, Any]:
        return interface.paths(self._release)

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router alone: what FastAPI would put around it costs a third of the throughput (D16)."""
        return AsyncExitStackMiddleware(self.router)


def _arguments(request: Request, query: CannedQuery, view: View, form: Form) -> dict[str, str]:
    """Return the arguments of a request; an empty field of a page's form is none.

    A page asks for names in its own language, where the query has names and the reader did not say which.
    """
    known = {parameter.name for parameter in query.parameters}
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        # The page's own language may stand beside any query.
        if name in _OURS or (name == "lang" and name not in known) or (not value and name in known):
            continue
        if name in given:
            ja, en = "この引数は一つだけです。", "This parameter may be given once."
            raise BadParameter(name, ja, en)
        given[name] = value
    if form is forms.HTML and "lang" in known:
        given.setdefault("lang", view.lang)
    return given


def _named(name: str, release: Release) -> CannedQuery:
    found = release.queries().get(name)
    if found is not None:
        return found
    near = difflib.get_close_matches(name, release.queries(), n=3, cutoff=0.5)
    try_ = Text(f"近いもの: {', '.join(near)}", f"Near to it: {', '.join(near)}") if near else None
    raise NotFound("その名前の問いはありません。", "There is no query of this name.", found=name[:100], try_=try_)


def _listed(query: CannedQuery, view: View) -> dict[str, object]:
    return {
        "name": query.name,
        "url": view.url(f"/queries/{query.name}"),
        "form": query.form,
        "title": query.title._asdict(),
        "description": query.description._asdict(),
        "parameters": openapi.parameters(query),
        "columns": {name: title._asdict() for name, title in query.titles.items()},
        "tags": list(query.tags),
    }


_TAGS = ("programme", "platforms", "initiatives", "areas", "governments", "evidence")


def by_tag(queries: Sequence[CannedQuery]) -> dict[str, list[CannedQuery]]:
    """Return queries under the first of their tags, the tags a newcomer asks about first."""
    groups: dict[str, list[CannedQuery]] = {}
    for query in queries:
        groups.setdefault(query.tags[0] if query.tags else "", []).append(query)
    known = [tag for tag in _TAGS if tag in groups]
    return {tag: groups[tag] for tag in [*known, *sorted(groups.keys() - set(known))]}


def _downloads(query: CannedQuery) -> list[str]:
    """Return the names of the forms to save an answer in."""
    return list(dict.fromkeys(form.name for form in forms.offered(query.form) if form is not forms.HTML))


def _runnable(asked: Asked) -> str:
    """Return the query as it is asked, without its header; as it stands in the file where it cannot be."""
    try:
        text = asked.query.bind(asked.arguments)
    except PfgraphError:
        text = asked.query.text
    return "\n".join(line for line in text.splitlines() if not line.startswith("#+")).strip()
