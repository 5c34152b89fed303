"""Citing: a query, its release and the digest of its answer under an IRI that anyone may make and check."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from pfgraph.errors import BadParameter, PfgraphError, QueryTooLarge, TooManyCitations, UnknownRelease
from pfgraph.messages import Text
from pfgraph.publish import references, results
from pfgraph.publish.citations import Citation, Citations, Question
from pfgraph.publish.results import Canonical
from pfgraph.query.engine import Request as EngineRequest
from pfgraph.query.sparql import inspect
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, protocol
from pfgraph.web.answers import while_connected
from pfgraph.web.negotiation import Form, choose, named
from pfgraph.web.problems import Problem, problem, wants_page
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, whole

MAX_QUERY_BYTES = 16 * 2**10
MAX_RESULT_BYTES = 8 * 2**20
_HOUR_S = 3600.0
_MAX_CLIENTS = 10_000
_BODY_BYTES = 4 * MAX_QUERY_BYTES + 4 * 2**10
_JSON = Form("json", "application/json")
_TEXT = Form("txt", "text/plain")
# The forms of a citation that say how to cite, not whether its digest holds.
REFERENCES: Mapping[Form, Callable[[Citation], str]] = MappingProxyType(
    {
        Form("bib", "application/x-bibtex", aliases=("bibtex",)): references.bibtex,
        Form("csl", "application/vnd.citationstyles.csl+json"): references.csl_json,
        Form("ris", "application/x-research-info-systems"): references.ris,
    }
)
_FORMS = (_JSON, forms.HTML, *REFERENCES, _TEXT)
Outcome = Literal["holds", "differs", "unchecked"]


@dataclass(frozen=True)
class Verdict:
    """What asking again led to: whether the digest still holds, or the problem that keeps it from being checked."""

    outcome: Outcome
    found: Canonical | None = None
    problem: Problem | None = None


class Citing:
    """The citations of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._citations = Citations(site.settings.home, site.settings.max_citations)
        self._pace = Pace(site.settings.citations_per_hour)

    async def respond(self, request: Request) -> Response:
        """Return the page that says how to cite, or make a citation."""
        return await (self._make(request) if request.method == "POST" else self._explain(request))

    async def _explain(self, request: Request) -> Response:
        view, release = View.of(request), self._site.release()
        headers = {"Cache-Control": "no-cache", "Vary": delivery.VARY}
        page = {"release": release, "method": results.METHOD, "limits": _limits(), "query": _asked(request)}
        return self._site.pages.response("cite.html", view, page, headers=headers)

    async def _make(self, request: Request) -> Response:
        """Return where the citation of a query is: made just now (201), or there already (200)."""
        body = await delivery.read_body(request, _BODY_BYTES)
        content_type = request.headers.get("content-type")
        operation = protocol.read("POST", request.scope["query_string"], content_type, body)
        query = operation.query or ""
        if len(query.encode()) > MAX_QUERY_BYTES:
            raise QueryTooLarge(len(query.encode()), MAX_QUERY_BYTES)
        form = inspect(query).form
        if results.is_changing(query):
            raise _changing()
        wanted = protocol.field("release", request.scope["query_string"], content_type, body)
        release, lease = self._site.shelf.lease(wanted or self._site.release().id)
        with lease:
            question = Question.of(query, form, release, (operation.default_graphs, operation.named_graphs))
            found = await asyncio.to_thread(self._citations.find, question.key)
            made = found is None
            if made:
                client = request.client.host if request.client else ""
                self._pace.step(client)
                result = await while_connected(request, self._result(question, release, client))
                found = await asyncio.to_thread(self._citations.add, question, result, release)
        assert found is not None  # it was there, or was made
        return self._made(request, found, new=made)

    def _made(self, request: Request, citation: Citation, *, new: bool) -> Response:
        view = View.of(request)
        headers = {"Location": view.href(f"/cite/{citation.key}"), "Cache-Control": "no-store"}
        if wants_page(request):
            return RedirectResponse(headers["Location"], 303, headers)
        return Response(citation.to_json(), 201 if new else 200, headers, "application/json")

    async def one(self, request: Request) -> Response:
        """Return a citation: asked again as a page or as JSON, or as it is to be cited."""
        key, _, suffix = request.path_params["key"].partition(".")
        citation = await asyncio.to_thread(self._citations.get, key)
        view = View.of(request)
        wanted = suffix or request.query_params.get("format")
        form = named(wanted, _FORMS) if wanted else choose(request.headers.getlist("accept"), _FORMS)
        links = [f'<{citation.iri}>; rel="cite-as"', *_others(citation, view)]
        headers = {"Vary": delivery.VARY, "Link": ", ".join(links), "Cache-Control": "no-cache"}
        if form in REFERENCES or form is _TEXT:
            text = view.text(references.plain(citation)) + "\n" if form is _TEXT else REFERENCES[form](citation)
            kind = f"{form.media_type}; charset=utf-8"
            return Response(text, 200, headers, kind)
        # Whether it holds is found out each time.
        headers["Cache-Control"] = "no-store"
        verdict = await while_connected(request, self._verdict(request, citation))
        if form is _JSON:
            return Response(_told(citation, verdict, view), 200, headers, "application/json")
        page = {
            "release": self._site.release(),
            "citation": citation,
            "verdict": verdict,
            "plain": references.plain(citation),
            "title": references.title(citation),
        }
        return self._site.pages.response("citation.html", view, page, headers=headers)

    async def _verdict(self, request: Request, citation: Citation) -> Verdict:
        question = citation.question
        try:
            release, lease = self._site.shelf.lease(question.release)
            with lease:
                if release.manifest.digest != question.release_digest:
                    raise UnknownRelease(question.release)
                client = request.client.host if request.client else ""
                found = await self._result(question, release, client)
        except PfgraphError as error:
            return Verdict("unchecked", problem=problem(error))
        return Verdict("holds" if found.digest == citation.digest else "differs", found)

    async def _result(self, question: Question, release: Release, client: str) -> Canonical:
        """Return the digest of what a question leads to now."""
        answer = await self._site.engine.answer(
            EngineRequest(
                query=question.query,
                media_type=results.syntax_for(question.form),
                release=release,
                default_graphs=question.default_graphs,
                named_graphs=question.named_graphs,
                client=client,
            )
        )
        body = await whole(answer, MAX_RESULT_BYTES)
        return await asyncio.to_thread(results.canonical, question.query, question.form, body)


class Pace:
    """How many citations each client may make in an hour; it forgets clients that came long ago."""

    def __init__(self, per_hour: int) -> None:
        self._per_hour = per_hour
        self._clients: OrderedDict[str, deque[float]] = OrderedDict()

    def step(self, client: str) -> None:
        """Let a client make a citation, or raise TooManyCitations."""
        now = time.monotonic()
        made = self._clients.setdefault(client, deque())
        self._clients.move_to_end(client)
        while made and now - made[0] > _HOUR_S:
            made.popleft()
        if len(made) >= self._per_hour:
            raise TooManyCitations(self._per_hour, round(_HOUR_S - (now - made[0])) if made else _HOUR_S)
        made.append(now)
        while len(self._clients) > _MAX_CLIENTS:
            self._clients.popitem(last=False)


def _changing() -> BadParameter:
    return BadParameter(
        "query",
        "尋ねるたびに答えが変わる問い合わせは引用できません。",
        "A query whose answer changes each time cannot be cited.",
        found="NOW, RAND, UUID, STRUUID, BNODE",
        try_=Text("これらの関数を使わずに書いてください。", "Write it without these functions."),
    )


def _asked(request: Request) -> str:
    return request.query_params.get("query", "")[:MAX_QUERY_BYTES]


def _limits() -> dict[str, int]:
    return {"query": MAX_QUERY_BYTES // 2**10, "result": MAX_RESULT_BYTES // 2**20}


def _others(citation: Citation, view: View) -> list[str]:
    """Return links to the forms for reference managers."""
    address = view.url(f"/cite/{citation.key}")
    return [f'<{address}.{form.name}>; rel="describedby"; type="{form.media_type}"' for form in REFERENCES]


def _told(citation: Citation, verdict: Verdict, view: View) -> str:
    """Return a citation and what asking again led to, as JSON text."""
    told = {
        **citation.to_dict(),
        "verification": {
            "outcome": verdict.outcome,
            "digest": verdict.found.digest if verdict.found else None,
            "rows": verdict.found.rows if verdict.found else None,
            "problem": verdict.problem.to_json(view.lang) if verdict.problem else None,
        },
    }
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


def routes(site: Site) -> list[BaseRoute]:
    """Return the routes of citations."""
    citing = Citing(site)
    return [Route("/cite", citing.respond, methods=["GET", "POST"]), Route("/cite/{key}", citing.one)]
