"""Every IRI answers: 303 to its document, and each document in the form that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyoxigraph import NamedNode, Triple
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from pfgraph.errors import BadParameter, NotFound
from pfgraph.namespaces import GRAPH, base_iri
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms
from pfgraph.web.answers import while_connected
from pfgraph.web.documents import Documents
from pfgraph.web.graphs import JSON_LD
from pfgraph.web.names import Names
from pfgraph.web.negotiation import Form, accepts_profile, choose, profiled
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.replies import SUFFIXES, Reply, Signposts
from pfgraph.web.retirements import Retirements
from pfgraph.web.schema_org import SCHEMA
from pfgraph.web.sheets import Sheets, paged
from pfgraph.web.site import Site, str_of
from pfgraph.web.trace import trace

_NO_GRAPH = ("その名前のグラフはありません。", "There is no graph of this name.")
# Documents that are a named graph, but whose graph does not say so itself.
_WHOLE = {"dataset": "metadata"}


class Resources:
    """The resources of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._documents = Documents(site)
        self._names = Names(site)
        self._signposts = Signposts(site)
        self._retirements = Retirements(site)
        self._sheets = Sheets(site)
        self._last: tuple[tuple[str, str], list[Triple]] = (("", ""), [])
        self._headers: tuple[str, Mapping[str, tuple[str, str]]] = ("", {})

    async def identify(self, request: Request) -> Response:
        """Return 303 See Other: what is named is no document, but there is one about it."""
        view, key = View.of(request), request.path_params["key"]
        iri = _iri(f"id/{key}")
        retired = await self._retirements.of(self._release(request), iri)
        if retired is not None and retired.successor is not None:
            raise retired.told(iri, view, "/id/", "")
        headers = {"Vary": delivery.VARY, "Cache-Control": "no-cache"}
        return RedirectResponse(view.href(f"/doc/{key}", **dict(view.query)), 303, headers)

    async def document(self, request: Request) -> Response:
        """Return what is known of a thing, in the form that its suffix, `format=` or Accept names."""
        key, form = _wanted(request, request.path_params["key"])
        return await self._described(request, f"id/{key}", f"/doc/{key}", form)

    async def query(self, request: Request) -> Response:
        """Return what is known of a canned query, or send a reader to where it is asked."""
        name, form = _wanted(request, request.path_params["name"])
        if form is not forms.HTML:
            return await self._described(request, f"query/{name}", f"/query/{name}", form)
        view = View.of(request)
        # What was asked for by suffix is still asked for, whatever else is accepted.
        asked = {"format": form.name} if request.path_params["name"] != name else {}
        location = view.href(f"/queries/{name}", **{**dict(view.query), **asked})
        return RedirectResponse(location, 303, {"Vary": delivery.VARY})

    async def named_graph(self, request: Request) -> Response:
        """Return one named graph, and what is said of it elsewhere."""
        name, form = _wanted(request, request.path_params["name"])
        reply = await self._reply(request, f"graph/{name}", f"/graph/{name}", form)
        if reply.iri not in reply.release.manifest.graphs:
            raise NotFound(*_NO_GRAPH, found=reply.iri)
        return await self._whole(request, reply, reply.iri)

    async def other(self, request: Request) -> Response:
        """Return the document at any other IRI of ours: an ontology, one of its terms, a prefix, the dataset."""
        path, form = _wanted(request, request.path_params["path"])
        release = self._release(request)
        header = (await self._ontologies(release)).get(_iri(path))
        if header is not None:
            ontology, graph = header
            name = ontology.removeprefix(base_iri())
            reply = await self._reply(request, name, f"/{name}", form)
            # Its namespace is another IRI, of which the description of the dataset speaks.
            return await self._whole(request, reply, graph, await self._documents.triples(release, f"{ontology}#"))
        owner, _, local = request.path_params["path"].partition("/")
        if local and _iri(owner) in await self._ontologies(release):
            if await self._documents.triples(release, _iri(f"{owner}#{local}")):
                # What looks like a suffix belongs to the name: `dataset#file/ontology/context.jsonld`.
                path, form = f"{owner}/{local}", _accepted(request)
            return await self._described(request, path.replace("/", "#", 1), f"/{path}", form)
        return await self._described(request, path, f"/{path}", form)

    async def _described(self, request: Request, name: str, path: str, form: Form) -> Response:
        reply = await self._reply(request, name, path, form)
        retired = await self._retirements.of(reply.release, reply.iri)
        if retired is not None and (retired.successor is not None or form is forms.HTML):
            suffix = request.scope["path"].removeprefix(request.scope.get("root_path", "")).removeprefix(path)
            raise retired.told(reply.iri, reply.view, "/doc/", suffix)
        triples, pages = await while_connected(request, self._documents.described(reply.release, reply.iri, reply.page))
        node = NamedNode(reply.iri)
        if not any(node in (triple.subject, triple.object, triple.predicate) for triple in triples):
            raise await self._names.unknown(reply.release, reply.iri)
        reply = paged(reply, pages)
        by_profile = retired is None and form.media_type == JSON_LD and _in_schema_org(request)
        if by_profile and (found := await self._sheets.schema_org(reply, triples)) is not None:
            return found
        if form is not forms.HTML:
            return reply.graph(triples, 200 if retired is None else 410)
        return await self._sheets.thing(reply, triples)

    async def _whole(self, request: Request, reply: Reply, graph: str, more: Sequence[Triple] = ()) -> Response:
        contents = await while_connected(request, self._contents(reply.release, graph))
        node, said = NamedNode(reply.iri), list(more)
        if not any(node in (triple.subject, triple.object) for triple in contents):
            said += await self._documents.triples(reply.release, reply.iri)
        if reply.form is not forms.HTML:
            return reply.graph([*contents, *said])
        return await self._sheets.graph(reply, contents, said)

    async def _contents(self, release: Release, graph: str) -> list[Triple]:
        """Return the triples of a named graph; of the one that was asked for last at once, for its next page."""
        if self._last[0] != (release.id, graph):
            asked = question("contents", graph=[NamedNode(graph)])
            self._last = (release.id, graph), await self._site.graph(release, asked)
        return self._last[1]

    async def _ontologies(self, release: Release) -> Mapping[str, tuple[str, str]]:
        """Return which ontology is named by an IRI, with or without its version, and in which graph it is."""
        if self._headers[0] != release.id:
            whole = {f"{base_iri()}{name}": GRAPH[graph].value for name, graph in _WHOLE.items()}
            found = {iri: (iri, graph) for iri, graph in whole.items() if graph in release.manifest.graphs}
            for solution in await self._site.solutions(release, question("headers")):
                header = str_of(solution["ontology"]), str_of(solution["graph"])
                found[header[0]] = header
                if "version" in solution:
                    found[str_of(solution["version"])] = header
            self._headers = release.id, found
        return self._headers[1]

    def _release(self, request: Request) -> Release:
        release = self._site.asked(request.scope)
        trace(request.scope).release = release.id
        return release

    async def _reply(self, request: Request, name: str, path: str, form: Form) -> Reply:
        release = self._release(request)
        terms = await self._signposts.terms(release)
        return Reply(_iri(name), path, release, View.of(request), form, terms, _page(request))


def _wanted(request: Request, path: str) -> tuple[str, Form]:
    """Return a path without its suffix, and the form in which to answer."""
    bare, dot, suffix = path.rpartition(".")
    if dot and suffix in SUFFIXES:
        return bare, profiled(SUFFIXES[suffix], request.headers.getlist("accept"))
    return path, _accepted(request)


def _accepted(request: Request) -> Form:
    return choose(request.headers.getlist("accept"), forms.DOCUMENTS, request.query_params.get("format"))


def _in_schema_org(request: Request) -> bool:
    return accepts_profile(request.headers.getlist("accept-profile"), str(SCHEMA))


def _page(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if text.isascii() and text.isdecimal() and int(text[:9]) > 0:
        return int(text[:9])
    ja, en = "1以上の整数で指定してください。", "Give an integer from 1."
    raise BadParameter("page", ja, en, found=text[:60], example="2")


def _iri(path: str) -> str:
    """Return the IRI under our base that a path stands for; raises NotFound where it is none."""
    try:
        return NamedNode(base_iri() + path).value
    except ValueError as error:
        ja, en = "IRI として正しくありません。", "This is not an IRI."
        raise NotFound(ja, en, found=path[:200]) from error
