"""Every IRI answers: 303 to its document, and each document in the form that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pfgraph.errors import NotFound
from pfgraph.namespaces import GRAPH, RDF, base_iri
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, graphs
from pfgraph.web.answers import while_connected
from pfgraph.web.context import context_of
from pfgraph.web.documents import Documents
from pfgraph.web.names import Names
from pfgraph.web.negotiation import Form, choose, profiled
from pfgraph.web.ontology import ontology
from pfgraph.web.questions import question
from pfgraph.web.rendering import View, ascii_iri
from pfgraph.web.site import Site
from pfgraph.web.solutions import SHOWN_ROWS, Table, cells
from pfgraph.web.trace import trace

# Suffixes a document can be asked for by, beside Accept.
SUFFIXES = {form.name: form for form in reversed(forms.GRAPHS_AND_PAGE) if form.name != "json"}
_FOREVER = "public, max-age=31536000, immutable"
_COLUMNS = ("subject", "predicate", "object")
_NO_GRAPH = ("その名前のグラフはありません。", "There is no graph of this name.")
_WHOLE = {"ns": "ontology/pfgraph", "shapes": "ontology/shapes", "dataset": "metadata"}


@dataclass(frozen=True)
class _Reply:
    """A document on its way out: about which IRI, at which path, from which release, in which form."""

    iri: str
    path: str
    release: Release
    view: View
    form: Form

    def headers(self, triples: Iterable[Triple]) -> dict[str, str]:
        """Return headers that say what this is about and in which other forms there is (FAIR Signposting)."""
        found = delivery.release_headers(self.release, self.view)
        links = [
            f'<{self.view.url(ascii_iri(f"{self.path}.{name}"))}>; rel="alternate"; type="{form.media_type}"'
            for name, form in SUFFIXES.items()
        ]
        links += [
            f'<{self.iri}>; rel="cite-as"',
            *(f'<{each}>; rel="type"' for each in _types(self.iri, triples)),
        ]
        found["Link"] = ", ".join([found["Link"], *links]) + graphs.context_link(self.form, self.view)
        found["Content-Location"] = ascii_iri(f"{self.view.root}{self.path}.{self.form.name}")
        return found

    def graph(self, triples: Sequence[Triple]) -> Response:
        """Return the triples in the form that was asked for."""
        body = graphs.written(triples, self.form, self.release, self.view, self.iri)
        return Response(body, 200, self.headers(triples), forms.content_type(self.form))


class Resources:
    """The resources of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._documents = Documents(site)
        self._names = Names(site)

    async def identify(self, request: Request) -> Response:
        """Return 303 See Other: what is named is no document, but there is one about it."""
        view = View.of(request)
        headers = {"Vary": delivery.VARY, "Cache-Control": "no-cache"}
        address = view.href(f"/doc/{request.path_params['key']}", **dict(view.query))
        return RedirectResponse(address, 303, headers)

    async def document(self, request: Request) -> Response:
        """Return what is known of a thing, in the form that its suffix, `format=` or Accept names."""
        key, form = _wanted(request, request.path_params["key"])
        reply = self._reply(request, f"id/{key}", f"/doc/{key}", form)
        triples = await while_connected(request, self._documents.triples(reply.release, reply.iri))
        node = NamedNode(reply.iri)
        if not any(node in (triple.subject, triple.object) for triple in triples):
            raise await self._names.unknown(reply.release, reply.iri)
        if form is not forms.HTML:
            return reply.graph(triples)
        entity = await self._documents.entity(reply.release, reply.iri, triples, reply.view)
        return self._page("entity.html", reply, triples, entity=entity)

    async def whole(self, request: Request) -> Response:
        """Return the ontology, the shapes or the metadata as one document."""
        name, form = _wanted(request, request.path_params["name"])
        if name not in _WHOLE:
            raise NotFound(*_NO_GRAPH, found=name)
        return await self._graph(request, self._reply(request, name, f"/{name}", form), GRAPH[_WHOLE[name]].value)

    async def named_graph(self, request: Request) -> Response:
        """Return one source file's graph, as it is in the release."""
        name, form = _wanted(request, request.path_params["name"])
        reply = self._reply(request, f"graph/{name}", f"/graph/{name}", form)
        return await self._graph(request, reply, reply.iri)

    async def _graph(self, request: Request, reply: _Reply, graph: str) -> Response:
        if graph not in reply.release.manifest.graphs:
            raise NotFound(*_NO_GRAPH, found=graph)
        asked = self._site.graph(reply.release, question("contents", graph=[NamedNode(graph)]))
        triples = await while_connected(request, asked)
        if reply.form is not forms.HTML:
            return reply.graph(triples)
        if reply.path == "/ns":
            return await self._ontology(reply, triples)
        shown = sorted(triples, key=str)[:SHOWN_ROWS]
        table = Table(_COLUMNS, tuple((t.subject, t.predicate, t.object) for t in shown))
        labels = await self._site.labels(reply.release, {*table.iris(), reply.iri})
        title = reply.view.text(labels[reply.iri]) if reply.iri in labels else ""
        rows = cells(table, reply.view, labels)
        return self._page("graph.html", reply, triples, rows=rows, title=title, total=len(triples))

    async def _ontology(self, reply: _Reply, triples: Sequence[Triple]) -> Response:
        iris = {each.value for t in triples for each in (t.subject, t.object) if isinstance(each, NamedNode)}
        labels = await self._site.labels(reply.release, iris)
        title = reply.view.text(labels[reply.iri]) if reply.iri in labels else ""
        terms = ontology(triples, reply.view, labels)
        return self._page("ontology.html", reply, triples, title=title, ontology=terms)

    async def context(self, request: Request) -> Response:
        """Return the JSON-LD context, which never changes under its version."""
        headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        return Response(context_of(self._release(request).path).source, 200, headers, graphs.JSON_LD)

    def _release(self, request: Request) -> Release:
        release = self._site.release()
        trace(request.scope).release = release.id
        return release

    def _reply(self, request: Request, name: str, path: str, form: Form) -> _Reply:
        return _Reply(_iri(name), path, self._release(request), View.of(request), form)

    def _page(self, template: str, reply: _Reply, triples: Sequence[Triple], **page: object) -> Response:
        known = {"release": reply.release, "iri": reply.iri, "path": reply.path, "forms": SUFFIXES}
        headers = reply.headers(triples)
        return self._site.pages.response(template, reply.view, {**known, **page}, headers=headers)


def _wanted(request: Request, path: str) -> tuple[str, Form]:
    """Return a path without its suffix, and the form in which to answer."""
    bare, dot, suffix = path.rpartition(".")
    if dot and suffix in SUFFIXES:
        return bare, profiled(SUFFIXES[suffix], request.headers.getlist("accept"))
    wanted = request.query_params.get("format")
    return path, choose(request.headers.getlist("accept"), forms.GRAPHS_AND_PAGE, wanted)


def _types(iri: str, triples: Iterable[Triple]) -> list[str]:
    node = NamedNode(iri)
    types = (t.object for t in triples if t.subject == node and t.predicate == RDF.type)
    return sorted(each.value for each in types if isinstance(each, NamedNode))


def _iri(path: str) -> str:
    """Return the IRI under our base that a path stands for; raises NotFound where it is none."""
    try:
        return NamedNode(base_iri() + path).value
    except ValueError as error:
        ja, en = "IRI として正しくありません。", "This is not an IRI."
        raise NotFound(ja, en, found=path[:200]) from error
