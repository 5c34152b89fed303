"""The SPARQL endpoint: a query operation in, its answer out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import BadParameter, PfgraphError
from pfgraph.query.engine import Answer
from pfgraph.query.engine import Request as EngineRequest
from pfgraph.query.sparql import Operation
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, graphs, protocol
from pfgraph.web.answers import while_connected
from pfgraph.web.description import description
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.problems import Problem, problem, wants_page
from pfgraph.web.protocol import QueryOperation
from pfgraph.web.questions import example, question
from pfgraph.web.rendering import View
from pfgraph.web.result_page import Result, page_syntax, result
from pfgraph.web.site import Site
from pfgraph.web.trace import READY, Plain, trace

# A query in a form is up to three times its length, and a few fields stand beside it.
_FORM_FACTOR, _FORM_EXTRA = 4, 16 * 2**10


@dataclass(frozen=True)
class Asked:
    """A query on a release, what it asks for, and the form in which the client wants the answer."""

    operation: QueryOperation
    query: str
    inspected: Operation
    form: Form
    release: Release


class Endpoint:
    """The endpoint of one site, over the current release or the one in the path."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def respond(self, request: Request) -> Response:
        """Return the answer to a query operation; without a query, the description or the query page."""
        operation = await self._operation(request)
        release = self._site.asked(request.scope)
        trace(request.scope).release = release.id
        if operation.query is None or not operation.query.strip():
            return await self._unasked(request, operation, release)
        try:
            asked = await self._asked(request, operation, operation.query, release)
            return await while_connected(request, self._answered(request, asked))
        except PfgraphError as error:
            if not wants_page(request, operation.format):
                raise
            return self._refused(request, operation, release, error)

    async def _operation(self, request: Request) -> QueryOperation:
        settings = self._site.settings
        limit = min(settings.max_query_bytes * _FORM_FACTOR + _FORM_EXTRA, settings.max_body_bytes)
        body = await delivery.read_body(request, limit)
        content_type = request.headers.get("content-type")
        return protocol.read(request.method, request.scope["query_string"], content_type, body)

    async def _asked(self, request: Request, operation: QueryOperation, query: str, release: Release) -> Asked:
        notes = trace(request.scope)
        notes.query = query
        inspected = await self._site.engine.inspect(query)
        notes.form = inspected.form
        offered = forms.offered(notes.form)
        form = choose(request.headers.getlist("accept"), offered, operation.format)
        return Asked(operation, query, inspected, form, release)

    async def _answered(self, request: Request, asked: Asked) -> Response:
        view = View.of(request)
        headers = {"Cache-Control": delivery.cache_control(asked.query)}
        if asked.form is forms.HTML:
            answer = await self._ask(request, asked, page_syntax(asked.inspected.form))
            shown = await result(self._site, asked.release, view, answer)
            return self._page(view, asked.release, asked.operation, result=shown, headers=headers)
        answer = await self._ask(request, asked, delivery.asked_syntax(asked.form))
        if delivery.is_plain(asked.form):
            trace(request.scope).plain = Plain(asked.release, replace(asked.operation, query=None), asked.form)
        return await delivery.deliver(answer, asked.form, asked.release, view, headers)

    async def _ask(self, request: Request, asked: Asked, media_type: str) -> Answer:
        operation, ready = asked.operation, request.scope.get(READY)
        if isinstance(ready, Exception):
            raise ready
        answer = ready or await self._site.engine.answer(
            EngineRequest(
                query=asked.query,
                media_type=media_type,
                release=asked.release,
                default_graphs=operation.default_graphs,
                named_graphs=operation.named_graphs,
                timeout_s=operation.timeout_s,
                client=request.client.host if request.client else "",
                operation=asked.inspected,
            )
        )
        trace(request.scope).answer = answer
        return answer

    async def _unasked(self, request: Request, operation: QueryOperation, release: Release) -> Response:
        """Return the query page to a browser, the service description to others."""
        if request.method == "POST":
            ja, en = "クエリがありません。", "There is no query."
            raise BadParameter("query", ja, en, example="ASK {}")
        view = View.of(request)
        form = choose(request.headers.getlist("accept"), forms.GRAPHS_AND_PAGE, operation.format)
        if form is forms.HTML:
            return self._page(view, release, operation)
        said = await self._site.graph(release, question("void"))
        triples = [*description(release, view.url(request.scope["path"].removeprefix(view.root))), *said]
        headers = delivery.release_headers(release, view)
        body = graphs.written(triples, form, release, view)
        return Response(body, 200, headers, forms.content_type(form))

    def _refused(self, request: Request, operation: QueryOperation, release: Release, error: PfgraphError) -> Response:
        """Return the query page with the query as it was and what is wrong with it."""
        found = problem(error, operation.query)
        trace(request.scope).outcome = found.kind
        headers = {"Cache-Control": "no-store", **found.headers}
        return self._page(View.of(request), release, operation, problem=found, headers=headers)

    def _page(
        self,
        view: View,
        release: Release,
        operation: QueryOperation,
        *,
        headers: dict[str, str] | None = None,
        **shown: Result | Problem,
    ) -> Response:
        """Return the query page with what a query led to: its `result`, its `problem`, or nothing yet."""
        found = shown.get("problem")
        page = {
            "query": operation.query or example(),
            "operation": operation,
            "result": shown.get("result"),
            "problem": found,
            "queries": list(release.queries().values()),
            "release": release,
            "limits": self._site.settings,
        }
        status = found.status if isinstance(found, Problem) else 200
        sent = {**delivery.release_headers(release, view), **(headers or {})}
        return self._site.pages.response("sparql.html", view, page, status=status, headers=sent)
