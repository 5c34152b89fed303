"""The releases: which there are, what is known of each, and what two of them differ in."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pyoxigraph import Literal, NamedNode, Triple
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pfgraph.errors import NotFound
from pfgraph.graph.report import read
from pfgraph.messages import Text
from pfgraph.namespaces import DCAT, DCTERMS, PROV, RDF, RDFS, VOID, XSD, base_iri
from pfgraph.releases import differences
from pfgraph.releases.differences import Difference
from pfgraph.releases.release import Release
from pfgraph.web import changes, delivery, forms, graphs
from pfgraph.web.description import version
from pfgraph.web.memento import FOREVER
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.rendering import View
from pfgraph.web.site import Site

_JSON = Form("json", "application/json")
ATOM = Form("atom", "application/atom+xml")
_GRAPHS = tuple(form for form in forms.GRAPHS if form.name in {"jsonld", "ttl", "nt"})
_ONE = (_JSON, forms.HTML, *_GRAPHS)
_LIST = (_JSON, forms.HTML, *_GRAPHS, ATOM)
PATCH = Form("patch", "application/rdf-patch", aliases=("rdfp",))
_DIFFERENCE = (PATCH, _JSON, forms.HTML)
# Differences of releases kept at hand; each is as large as what changed.
_AT_HAND = 4
# Results of the validation that the page about a release shows; its report has all.
_SHOWN_RESULTS = 100
# Releases that one page, or one document of the feed, lists.
_ON_A_PAGE = 100


class Archive:
    """The releases of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._differences: OrderedDict[tuple[str, str], Difference] = OrderedDict()
        self._comparing = asyncio.Lock()

    async def listing(self, request: Request) -> Response:
        """Return the releases, the newest first."""
        current, view = self._site.release(), View.of(request)
        found = self._site.shelf.all()
        headers = {**delivery.release_headers(current, view), "Cache-Control": "no-store"}
        form = choose(request.headers.getlist("accept"), _LIST, request.query_params.get("format"))
        if form is _JSON:
            return JSONResponse([_summary(each, current, view) for each in found], headers=headers)
        if form in _GRAPHS:
            # There may be thousands; nobody else waits until all of them are written.
            body = await asyncio.to_thread(lambda: graphs.written(_described(found, current), form, current, view))
            return Response(body, 200, headers, forms.content_type(form))
        older, shown = _older(found), self._page(found, request.query_params.get("after"))
        more = shown[-1].id if shown[-1].id in older else ""
        if form is ATOM:
            page = {"releases": shown, "iri": _iri, "older": older, "more": more}
            feed = self._site.pages.html("releases.atom", view, page)
            return Response(feed.encode(), 200, headers, ATOM.media_type)
        page = {"release": current, "releases": shown, "older": older, "kept": self._kept(shown), "more": more}
        return self._site.pages.response("releases.html", view, page, headers=headers)

    @staticmethod
    def _page(found: list[Release], after: str | None) -> list[Release]:
        """Return so many releases as a page shows, from the first on or after one; raise NotFound if there is none."""
        ids = [release.id for release in found]
        start = 0 if after is None else ids.index(after) + 1 if after in ids else len(ids)
        if start == len(ids):
            ja, en = "その前の版はありません。", "There is no release before that."
            raise NotFound(ja, en, where="after", found=(after or "")[:100])
        return found[start : start + _ON_A_PAGE]

    async def one(self, request: Request) -> Response:
        """Return the manifest of a release, or the page about it."""
        release, view = self._site.release(request.path_params["release"]), View.of(request)
        headers = {**delivery.release_headers(release, view), "Cache-Control": "no-store"}
        form = choose(request.headers.getlist("accept"), _ONE, request.query_params.get("format"))
        if form is _JSON:
            return Response(release.manifest.to_json(), 200, headers, "application/json")
        current, found = self._site.release(), self._site.shelf.all()
        if form in _GRAPHS:
            node = NamedNode(_iri(release))
            triples = [t for t in _described(found, current) if node in (t.subject, t.object)]
            triples += version(release)
            body = graphs.written(triples, form, release, view, node.value)
            return Response(body, 200, headers, forms.content_type(form))
        report = read(release.report_path.read_text(encoding="utf-8"))
        page = {
            "release": current,
            "shown": release,
            "results": report.results[:_SHOWN_RESULTS],
            "total": len(report.results),
            "is_current": current.id == release.id,
            "older": _older(found).get(release.id),
            "kept": self._kept([release])[release.id],
        }
        return self._site.pages.response("release.html", view, page, headers=headers)

    async def report(self, request: Request) -> Response:
        """Return the validation report of a release."""
        release, view = self._site.release(request.path_params["release"]), View.of(request)
        headers = delivery.release_headers(release, view)
        return Response(release.report_path.read_bytes(), 200, headers, "application/json")

    async def compared(self, request: Request) -> Response:
        """Return what two releases differ in: as a patch, in numbers, or in words."""
        view = View.of(request)
        before, after = (self._site.release(request.path_params[name]) for name in ("before", "after"))
        form = choose(request.headers.getlist("accept"), _DIFFERENCE, request.query_params.get("format"))
        found = await self._difference(before, after)
        headers = {**delivery.release_headers(after, view), "Cache-Control": FOREVER}
        if form is PATCH:
            body = await asyncio.to_thread(found.patch)
            return Response(body, 200, headers, PATCH.media_type)
        asked = request.query_params.get("about", "").strip()[:200]
        iri = await asyncio.to_thread(changes.meant, found, asked) if asked else None
        things = (
            () if asked else tuple(thing for thing in found.things if form is _JSON or not changes.is_counted(thing))
        )
        if iri is not None:
            things = await asyncio.to_thread(differences.about, found, iri)
        if form is _JSON:
            return JSONResponse(changes.to_json(found, things), headers=headers)
        teller = changes.Teller(found, view)
        labels = {} if iri is None else await self._site.labels(after, [iri]) or await self._site.labels(before, [iri])
        page = {
            "release": self._site.release(),
            "found": found,
            "counts": teller.counts(found),
            "told": teller.told(things[: changes.SHOWN]),
            "total": len(things),
            "kinds": changes.by_kind(things),
            "asked": asked,
            "subject": Text(asked, asked) if iri is None else labels.get(iri, Text(iri, iri)),
            "is_known": iri is not None,
        }
        return self._site.pages.response("difference.html", view, page, headers=headers)

    async def _difference(self, before: Release, after: Release) -> Difference:
        """Return what two releases differ in; one pair is compared at a time."""
        key = before.id, after.id
        async with self._comparing:
            found = self._differences.get(key)
            if found is None:
                found = await asyncio.to_thread(self._compared, *key)
                self._differences[key] = found
                while len(self._differences) > _AT_HAND:
                    self._differences.popitem(last=False)
            self._differences.move_to_end(key)
        return found

    def _compared(self, before_id: str, after_id: str) -> Difference:
        (before, one), (after, other) = (self._site.shelf.lease(each) for each in (before_id, after_id))
        with one, other:
            return differences.difference(self._site.shelf, before, after)

    def _kept(self, found: Iterable[Release]) -> dict[str, list[str]]:
        """Return why releases are kept for ever: their tags, and `cited`."""
        return {release.id: self._site.shelf.keepsakes.reasons(release.id) for release in found}


def _older(found: list[Release]) -> dict[str, str]:
    """Return for each release the one before it, of releases that are sorted, the newest first."""
    return {newer.id: older.id for newer, older in pairwise(found)}


def _iri(release: Release) -> str:
    return f"{base_iri()}releases/{release.id}"


def _summary(release: Release, current: Release, view: View) -> dict[str, object]:
    return {
        "id": release.id,
        "url": delivery.release_url(release, view),
        "current": release.id == current.id,
        "created": release.manifest.created,
        "digest": release.manifest.digest,
        "triples": release.manifest.triples,
    }


def _described(found: list[Release], current: Release) -> Iterator[Triple]:
    """Return the releases as versions of the dataset (DCAT 3 §11)."""
    whole, older = NamedNode(f"{base_iri()}dataset"), _older(found)
    yield Triple(whole, DCAT.hasCurrentVersion, NamedNode(_iri(current)))
    for release in found:
        node, manifest = NamedNode(_iri(release)), release.manifest
        yield Triple(whole, DCAT.hasVersion, node)
        yield Triple(node, RDF.type, DCAT.Dataset)
        yield Triple(node, RDF.type, PROV.Entity)
        yield Triple(node, DCAT.isVersionOf, whole)
        yield Triple(node, DCAT.version, Literal(release.id))
        yield Triple(node, DCTERMS.identifier, Literal(manifest.digest))
        yield Triple(node, DCTERMS.issued, Literal(manifest.created, datatype=XSD.dateTime))
        yield Triple(node, VOID.triples, Literal(manifest.triples))
        for lang, word in (("ja", "版"), ("en", "Release")):
            yield Triple(node, RDFS.label, Literal(f"{word} {release.id}", language=lang))
        if release.id in older:
            yield Triple(node, DCAT.previousVersion, NamedNode(f"{base_iri()}releases/{older[release.id]}"))
