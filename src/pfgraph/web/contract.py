"""The contract with applications: the context, the frames and the JSON Schemas of a release."""

from __future__ import annotations

import difflib
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pfgraph.errors import NotFound
from pfgraph.graph.shapes import Shapes
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri
from pfgraph.releases.release import Release
from pfgraph.web import delivery, graphs
from pfgraph.web.context import context_of
from pfgraph.web.documents import Documents
from pfgraph.web.frames import Frame, frames_of
from pfgraph.web.jsonld import listed
from pfgraph.web.members import Members, Selection
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.schemas import schema
from pfgraph.web.site import Site
from pfgraph.web.trace import trace

SCHEMA_JSON = "application/schema+json"
_FOREVER = "public, max-age=31536000, immutable"


class Contract:
    """The contract of one site, each release's own."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._documents = Documents(site)
        self._members = Members(site)
        self._shapes: dict[str, Shapes] = {}

    async def context(self, request: Request) -> Response:
        """Return the JSON-LD context, which never changes under its version."""
        headers = {"Cache-Control": _FOREVER, "Vary": "Accept-Encoding"}
        return Response(context_of(self._release(request).path).source, 200, headers, graphs.JSON_LD)

    async def frame(self, request: Request) -> Response:
        """Return the frame of a class."""
        release = self._release(request)
        found = framed(release, request.path_params["name"])
        return Response(found.source, 200, delivery.release_headers(release, View.of(request)), graphs.JSON_LD)

    async def schema(self, request: Request) -> Response:
        """Return the JSON Schema of the documents about a class, with one of them as an example."""
        release, view = self._release(request), View.of(request)
        found = framed(release, request.path_params["name"])
        written = await self.schema_of(release, found)
        first = await self._members.first(release, Selection(found))
        examples = [await self.document(release, iri) for iri in first]
        link = {"@context": view.url(graphs.CONTEXT_PATH)}
        body = {**written, "examples": [link | example for example in examples]}
        headers = delivery.release_headers(release, view)
        return Response(json.dumps(body, ensure_ascii=False, indent=1).encode(), 200, headers, SCHEMA_JSON)

    async def schemas(self, request: Request) -> Response:
        """Return which classes there are, with the addresses of what an application needs of each."""
        release, view = self._release(request), View.of(request)
        shapes = await self._shapes_of(release)
        found = [await self._summary(release, each, shapes, view) for each in frames_of(release.path).by_name.values()]
        return JSONResponse(found, headers=delivery.release_headers(release, view))

    async def _summary(self, release: Release, frame: Frame, shapes: Shapes, view: View) -> dict[str, Any]:
        written = schema(frame, shapes, context_of(release.path), "")
        return {
            "name": frame.name,
            "type": frame.type,
            "title": written["title"],
            "description": written["description"],
            "totalItems": await self._members.count(release, Selection(frame)),
            "collection": view.url(f"/collections/{frame.name}"),
            "frame": view.url(f"/frames/{frame.name}.jsonld"),
            "schema": view.url(f"/schema/{frame.name}.json"),
        }

    async def schema_of(self, release: Release, frame: Frame) -> dict[str, Any]:
        """Return the JSON Schema of the documents about a class, without examples."""
        address = f"{base_iri()}schema/{frame.name}.json"
        return schema(frame, await self._shapes_of(release), context_of(release.path), address)

    async def document(self, release: Release, iri: str) -> dict[str, Any]:
        """Return the document about a thing, without what is only included in it."""
        triples = await self._documents.triples(release, iri)
        return listed(triples, context_of(release.path), [iri], frames_of(release.path))[0]

    async def _shapes_of(self, release: Release) -> Shapes:
        if release.id not in self._shapes:
            self._shapes = {release.id: Shapes(await self._site.graph(release, question("contract")))}
        return self._shapes[release.id]

    def _release(self, request: Request) -> Release:
        release = self._site.release(request.query_params.get("release"))
        trace(request.scope).release = release.id
        return release


def framed(release: Release, name: str) -> Frame:
    """Return the frame of the class that goes by a name; raises NotFound with names that are near."""
    frames = frames_of(release.path).by_name
    if name in frames:
        return frames[name]
    folded = {each.casefold(): each for each in frames}
    near = [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.5)]
    raise NotFound(
        "その名前のクラスはありません。",
        "There is no class of this name.",
        found=name[:100],
        try_=Text(f"近いもの: {', '.join(near)}", f"Near to it: {', '.join(near)}") if near else None,
    )
