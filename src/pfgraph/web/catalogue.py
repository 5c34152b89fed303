"""What harvesters read: the catalogue (DCAT), the description of the dataset (VoID), and the dumps."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable, Iterator, Sequence

from pyoxigraph import Literal, NamedNode, Triple
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from pfgraph.graph.assertions import about, dataset_iri, own
from pfgraph.graph.metadata import METADATA, SPDX
from pfgraph.graph.portal import CATALOG, DUMPS, FILE
from pfgraph.namespaces import DCAT, DCTERMS, FOAF, GRAPH, RDF, VOID, XSD
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, graphs
from pfgraph.web.description import served, version
from pfgraph.web.distributions import listed
from pfgraph.web.dumps import Dump, Dumps, names
from pfgraph.web.negotiation import Form, choose, named
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site
from pfgraph.web.trace import trace

CURRENT = "current"
_FOREVER = "public, max-age=31536000, immutable"


class Catalogue:
    """The catalogue of one site."""

    def __init__(self, site: Site, dumps: Dumps) -> None:
        self._site, self._dumps = site, dumps

    async def void(self, request: Request) -> Response:
        """Return the description of the dataset in the current release."""
        release, view = self._release(request), View.of(request)
        triples = [*await self._graph(release, METADATA), *served(release, view.url("/sparql"))]
        return self._answer(request, release, triples, dataset_iri())

    async def catalog(self, request: Request) -> Response:
        """Return the catalogue: datasets, distributions with their SHA-256, the data service, the versions.

        Nobody waits for dumps to be made: until they are, their lengths and digests are left out.
        """
        release, view = self._release(request), View.of(request)
        stated = [*await self._graph(release, METADATA), *await self._graph(release, CATALOG)]
        triples = [*_listed(stated), *served(release, view.url("/sparql"))]
        for each in self._site.shelf.all():
            triples += version(each)
        made = self._dumps.at_hand(release)
        for name in names(release):
            triples += _distribution(name, release, view)
            if name in made:
                triples += _measured(made[name], release)
        # There may be thousands of releases; nobody else waits until all of them are written.
        response = await asyncio.to_thread(self._page_or_answer, request, release, triples)
        if not made:
            response.headers["Cache-Control"] = "no-store"
        return response

    async def dumps(self, request: Request) -> Response:
        """Return which dumps of a release there are."""
        wanted, view = request.path_params["release"], View.of(request)
        release = self._release(request, None if wanted == CURRENT else wanted)
        found = (await self._dumps.of(release)).values()
        listed = [
            {"name": d.name, "url": view.url(_path(release, d.name)), "bytes": d.size, "sha256": d.digest}
            for d in found
        ]
        return JSONResponse(listed, headers=delivery.release_headers(release, view))

    async def dump(self, request: Request) -> Response:
        """Return a dump, or what leads to that of the current release."""
        wanted, name, view = request.path_params["release"], request.path_params["name"], View.of(request)
        release = self._release(request, None if wanted == CURRENT else wanted)
        if name == "SHA256SUMS":
            lines = [f"{dump.digest}  {dump.name}\n" for dump in (await self._dumps.of(release)).values()]
            return Response("".join(lines).encode(), 200, delivery.release_headers(release, view), "text/plain")
        found, path = await self._dumps.file(release, name)
        if wanted == CURRENT:
            headers = {**delivery.release_headers(release, view), "Cache-Control": "no-cache"}
            return RedirectResponse(view.href(_path(release, name)), 307, headers)
        digest = base64.b64encode(bytes.fromhex(found.digest)).decode()
        headers = {
            **delivery.release_headers(release, view),
            "Cache-Control": _FOREVER,
            "Content-Disposition": f'attachment; filename="{found.name}"',
            # RFC 9530 §3: whoever has the bytes can tell whether they are those.
            "Repr-Digest": f"sha-256=:{digest}:",
        }
        response = FileResponse(path, 200, headers, found.media_type)
        # The cache gives every answer its own tag.
        del response.headers["etag"]
        return response

    def _answer(self, request: Request, release: Release, triples: Sequence[Triple], root: NamedNode) -> Response:
        view = View.of(request)
        form = _form(request, forms.GRAPHS)
        headers = delivery.release_headers(release, view)
        headers["Link"] += graphs.context_link(form, view)
        body = graphs.written(triples, form, release, view, root.value)
        return Response(body, 200, headers, forms.content_type(form))

    def _page_or_answer(self, request: Request, release: Release, triples: Sequence[Triple]) -> Response:
        if _form(request, forms.GRAPHS_AND_PAGE) is not forms.HTML:
            return self._answer(request, release, triples, own("catalog"))
        view = View.of(request)
        page = {"release": release, "iri": own("catalog").value, "listed": listed(triples, view)}
        headers = delivery.release_headers(release, view)
        return self._site.pages.response("catalogue.html", view, page, headers=headers)

    async def _graph(self, release: Release, name: str) -> list[Triple]:
        return await self._site.graph(release, question("contents", graph=[GRAPH[name]]))

    def _release(self, request: Request, release_id: str | None = None) -> Release:
        release = self._site.release(release_id)
        trace(request.scope).release = release.id
        return release


def _distribution(name: str, release: Release, view: View) -> Iterator[Triple]:
    """Return a dump of a release as a distribution."""
    node, address = _named(name, release), NamedNode(view.url(_path(release, name)))
    yield from about(own(f"releases/{release.id}"), DCAT.distribution, node)
    yield from about(node, RDF.type, DCAT.Distribution)
    yield from about(node, DCTERMS.title, Literal(name))
    yield from about(node, DCAT.accessURL, address)
    yield from about(node, DCAT.downloadURL, address)
    for current in _current(name):
        yield from about(current, DCAT.downloadURL, address)


def _measured(dump: Dump, release: Release) -> Iterator[Triple]:
    """Return the length and the SHA-256 of a dump."""
    node = _named(dump.name, release)
    checksum = NamedNode(f"{node.value}#sha256")
    yield from about(node, DCAT.byteSize, Literal(str(dump.size), datatype=XSD.nonNegativeInteger))
    yield from about(checksum, RDF.type, SPDX.Checksum)
    yield from about(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
    yield from about(checksum, SPDX.checksumValue, Literal(dump.digest, datatype=XSD.hexBinary))
    for each in (node, *_current(dump.name)):
        yield from about(each, SPDX.checksum, checksum)


def _named(name: str, release: Release) -> NamedNode:
    return own(f"dumps/{release.id}/{name}")


def _current(name: str) -> list[NamedNode]:
    """Return the distribution of the current release, whatever that is, that a dump is now; most are none."""
    return [dataset_iri(f"dump/{each}") for each in DUMPS if name == f"{FILE}.{each}.gz"]


def _listed(triples: Iterable[Triple]) -> Iterator[Triple]:
    """Return what is said of catalogues, datasets, distributions, services and agents, but no statistics."""
    every = list(triples)
    kinds = {DCAT.Catalog, DCAT.Dataset, DCAT.Distribution, DCAT.DataService, FOAF.Agent}
    shown = {t.subject for t in every if t.predicate == RDF.type and t.object in kinds}
    counted = {VOID.classPartition, VOID.propertyPartition, VOID.subset, DCTERMS.hasPart}
    return (t for t in every if t.subject in shown and t.predicate not in counted)


def _path(release: Release, name: str) -> str:
    return f"/dumps/{release.id}/{name}"


def _form(request: Request, offered: Sequence[Form]) -> Form:
    suffix = request.path_params.get("suffix")
    if suffix:
        return named(suffix, offered)
    return choose(request.headers.getlist("accept"), offered, request.query_params.get("format"))
