"""What crawlers read first: which pages there are, and which answers are not worth their while."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from pfgraph.web import delivery
from pfgraph.web.frames import frames_of
from pfgraph.web.questions import question
from pfgraph.web.rendering import View, ascii_iri, local_path
from pfgraph.web.site import Site, str_of

# Answers without end, and the same pages once more for every release.
_APART = ("/sparql", "/cite", "/dumps/", "/timemap/", "/releases/*/", "/*?*after=", "/*?*release=")
_PAGES = ("/", "/queries", "/collections", "/ns", "/shapes", "/catalog", "/releases", "/docs/jsonld")


class Robots:
    """The crawlers' pages of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def robots(self, request: Request) -> Response:
        """Return robots.txt (RFC 9309), which names the sitemap."""
        view = View.of(request)
        lines = ["User-agent: *", *(f"Disallow: {view.root}{path}" for path in _APART)]
        text = "\n".join([*lines, "", f"Sitemap: {view.url('/sitemap.xml')}", ""])
        return Response(text, 200, {"Cache-Control": "no-cache"}, "text/plain")

    async def sitemap(self, request: Request) -> Response:
        """Return the sitemap: the page about everything that has an IRI of ours, and where they are listed."""
        release, view = self._site.release(), View.of(request)
        solutions = await self._site.solutions(release, question("pages"))
        things = (local_path(str_of(solution["resource"])) for solution in solutions)
        queries = (f"/queries/{name}" for name in sorted(release.queries()))
        collections = (f"/collections/{name}" for name in frames_of(release.path).by_name)
        paths = [*_PAGES, *queries, *collections, *(path for path in things if path)]
        page = {"addresses": [ascii_iri(view.url(path)) for path in paths], "changed": release.manifest.created[:10]}
        body = self._site.pages.html("sitemap.xml", view, page)
        return Response(body.encode(), 200, delivery.release_headers(release, view), "application/xml")


def routes(site: Site) -> list[BaseRoute]:
    """Return the routes for crawlers."""
    robots = Robots(site)
    return [Route("/robots.txt", robots.robots), Route("/sitemap.xml", robots.sitemap)]
