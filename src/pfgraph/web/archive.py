"""The releases: which there are, and what is known of each."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.rendering import View
from pfgraph.web.site import Site

_FORMS = (Form("json", "application/json"), forms.HTML)


class Archive:
    """The releases of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def listing(self, request: Request) -> Response:
        """Return the releases, the newest first."""
        current, view = self._site.release(), View.of(request)
        found = self._site.shelf.all()
        headers = {**delivery.release_headers(current, view), "Cache-Control": "no-store"}
        if _form(request) is forms.HTML:
            page = {"release": current, "releases": found}
            return self._site.pages.response("releases.html", view, page, headers=headers)
        return JSONResponse([_summary(each, current, view) for each in found], headers=headers)

    async def one(self, request: Request) -> Response:
        """Return the manifest of a release, or the page about it."""
        release, view = self._site.release(request.path_params["release"]), View.of(request)
        headers = {**delivery.release_headers(release, view), "Cache-Control": "no-store"}
        if _form(request) is forms.HTML:
            current = self._site.release()
            page = {"release": current, "shown": release, "is_current": current.id == release.id}
            return self._site.pages.response("release.html", view, page, headers=headers)
        return Response(release.manifest.to_json(), 200, headers, "application/json")

    async def report(self, request: Request) -> Response:
        """Return the validation report of a release."""
        release, view = self._site.release(request.path_params["release"]), View.of(request)
        headers = delivery.release_headers(release, view)
        return Response(release.report_path.read_bytes(), 200, headers, "application/json")


def _form(request: Request) -> Form:
    return choose(request.headers.getlist("accept"), _FORMS, request.query_params.get("format"))


def _summary(release: Release, current: Release, view: View) -> dict[str, object]:
    return {
        "id": release.id,
        "url": delivery.release_url(release, view),
        "current": release.id == current.id,
        "created": release.manifest.created,
        "digest": release.manifest.digest,
        "triples": release.manifest.triples,
    }
