"""The SPARQL 1.1 Graph Store HTTP Protocol: graphs read, put, added to and deleted, each by its name."""

from __future__ import annotations

import uuid

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import BadParameter, GraphMissing, MethodNotAllowed, ShapesViolated, WritesOff
from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH
from pfgraph.query.engine import Request as EngineRequest
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, protocol
from pfgraph.web.negotiation import choose
from pfgraph.web.rendering import View
from pfgraph.web.writing import Desk, as_not_found, asked

PATH = "/store"
METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT")
WRITING = ("PUT", "POST", "DELETE")
_EVERYTHING = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


class GraphStore:
    """The graph store of one site."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def respond(self, request: Request) -> Response:
        """Answer a request on the graph that the parameters `default` or `graph` name."""
        if not self._desk.is_open:
            raise WritesOff
        if request.method not in METHODS:
            raise MethodNotAllowed(request.method, METHODS)
        named = _named(request)
        if request.method == "POST" and not _names(request):
            return await self._created(request)
        return await self._on(request, named)

    async def direct(self, request: Request) -> Response:
        """Answer a request on the graph whose name is the address."""
        if not self._desk.is_open:
            raise WritesOff
        if request.method not in METHODS:
            raise MethodNotAllowed(request.method, METHODS)
        if request.url.path.removeprefix(request.scope.get("root_path", "")).startswith("/graph/"):
            # Our own graphs are named below our base, whatever host answers for them.
            return await self._on(request, GRAPH[request.path_params["name"]].value)
        # Graph Store Protocol §4.1
        return await self._on(request, protocol.iri("URL", str(request.url.replace(query=""))))

    async def _on(self, request: Request, graph: str | None) -> Response:
        return await (self._read if request.method in {"GET", "HEAD"} else self._written)(request, graph)

    async def _read(self, request: Request, graph: str | None) -> Response:
        """Return what a graph states."""
        site, view = self._desk.site, View.of(request)
        release = site.release()
        form = choose(request.headers.getlist("accept"), forms.GRAPHS, request.query_params.get("format"))
        if graph is not None:
            name = NamedNode(graph)
            exists = await site.engine.answer(_question(f"ASK {{ GRAPH {name} {{}} }}", release, "text/csv"))
            if not isinstance(exists.body, bytes) or b"true" not in exists.body:
                raise as_not_found(GraphMissing(graph))
        query = _EVERYTHING if graph is None else f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ GRAPH {name} {{ ?s ?p ?o }} }}"
        answer = await site.engine.answer(_question(query, release, delivery.asked_syntax(form)))
        return await delivery.deliver(answer, form, release, view, {})

    async def _written(self, request: Request, graph: str | None, location: str | None = None) -> Response:
        """Return what became of a PUT, a POST or a DELETE."""
        desk = self._desk
        grant = desk.admit(request)
        body = await delivery.read_body(request, desk.site.settings.max_body_bytes)
        kind = request.headers.get("content-type", "")
        try:
            wanted = asked(request, grant, request.method, graph=graph, content_type=kind)
            written = await desk.write(request, wanted, body)
        except ShapesViolated as error:
            return desk.refused(request, error)
        except GraphMissing as error:
            if request.method == "DELETE":
                raise as_not_found(error) from error
            raise
        created = request.method != "DELETE" and graph in written.graphs_added
        return desk.answer(request, written, 201 if created else 204, location)

    async def _created(self, request: Request) -> Response:
        """Return what became of a graph that was sent without a name: it is given one."""
        name = f"added/{uuid.uuid4()}"
        return await self._written(request, GRAPH[name].value, View.of(request).url(f"/graph/{name}"))


def _question(query: str, release: Release, media_type: str) -> EngineRequest:
    return EngineRequest(query=query, media_type=media_type, release=release)


def _names(request: Request) -> list[str]:
    return [name for name, _ in request.query_params.multi_items() if name in {"default", "graph"}]


def _named(request: Request) -> str | None:
    """Return the graph that the parameters name, None for the default graph."""
    fields = protocol.fields(request.scope["query_string"], "URL")
    graphs = [value for name, value in fields if name == "graph"]
    names = _names(request)
    if len(names) > 1 or (names == ["default"] and dict(fields)["default"]):
        ja, en = "グラフは一つだけ指定してください。", "Name one graph only."
        raise BadParameter("graph", ja, en, expected="?default, ?graph=IRI")
    if not names and request.method != "POST":
        ja, en = "どのグラフかを指定してください。", "Say which graph is meant."
        raise BadParameter("graph", ja, en, expected="?default, ?graph=IRI", try_=Text("?default", "?default"))
    return protocol.iri("graph", graphs[0]) if graphs else None
