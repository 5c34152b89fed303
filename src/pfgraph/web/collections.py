"""Collections: the documents about all members of a class, page by page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pyoxigraph import NamedNode
from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import BadParameter
from pfgraph.namespaces import Namespace
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, graphs
from pfgraph.web.answers import while_connected
from pfgraph.web.context import context_of
from pfgraph.web.contract import Contract, framed
from pfgraph.web.members import MAX_PAGE, Members, Selection, candidates, filterable
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.rendering import View
from pfgraph.web.site import Site
from pfgraph.web.trace import trace

HYDRA = Namespace("hydra")
_PAGE = 50
_OURS = frozenset({"limit", "after", "release", "format", "lang"})
FORMS = (
    Form("json", "application/json", syntax=graphs.JSON_LD),
    Form("jsonld", graphs.JSON_LD, aliases=("json-ld",)),
)


@dataclass(frozen=True)
class Page:
    """One page of a collection, as it is asked for."""

    selection: Selection
    filters: Mapping[str, list[str]]
    after: str
    limit: int
    release: Release
    view: View

    def url(self, **changed: str) -> str:
        """Return the address of this page, or of another one of the same collection and release."""
        asked = [(name, value) for name, values in self.filters.items() for value in values]
        own = {"limit": str(self.limit), "after": self.after, "release": self.release.id} | changed
        query = urlencode([*asked, *((name, value) for name, value in own.items() if value)])
        return self.view.url(f"/collections/{self.selection.frame.name}?{query}")


class Collections:
    """The collections of one site."""

    def __init__(self, site: Site, contract: Contract) -> None:
        self._site, self._contract = site, contract
        self._members = Members(site)

    async def respond(self, request: Request) -> Response:
        """Return a page of a collection."""
        form = choose(request.headers.getlist("accept"), FORMS, request.query_params.get("format"))
        page = self.page(request)
        document = await while_connected(request, self._written(page))
        headers = delivery.release_headers(page.release, page.view)
        headers["Link"] += graphs.context_link(form, page.view)
        headers["Link"] += f', <{page.view.url(f"/schema/{page.selection.frame.name}.json")}>; rel="describedby"'
        if "next" in document:
            headers["Link"] += f', <{document["next"]}>; rel="next"'
        body = json.dumps(document, ensure_ascii=False, indent=1).encode()
        return Response(body, 200, headers, forms.content_type(form))

    async def _written(self, page: Page) -> dict[str, Any]:
        context = context_of(page.release.path)
        after = context.expand(page.after, vocab=False)
        found = await self._members.after(page.release, page.selection, after)
        shown = found[: page.limit]
        document: dict[str, Any] = {
            "@context": page.view.url(graphs.CONTEXT_PATH),
            "id": page.url(),
            "type": [context.id(HYDRA.PartialCollectionView.value)],
            "totalItems": await self._members.count(page.release, page.selection),
            "items": [await self._contract.document(page.release, iri) for iri in shown],
        }
        if len(found) > len(shown):
            document["next"] = page.url(after=context.id(shown[-1]))
        return document

    def page(self, request: Request) -> Page:
        """Return which page of a collection is asked for."""
        asked = request.query_params
        release, view = self._site.release(asked.get("release")), View.of(request)
        trace(request.scope).release = release.id
        frame = framed(release, request.path_params["name"])
        context = context_of(release.path)
        terms = filterable(frame, context)
        filters: dict[str, list[str]] = {}
        for name, value in asked.multi_items():
            if name not in _OURS:
                filters.setdefault(_known(name, list(terms)), []).append(value)
        wanted = {
            NamedNode(terms[name].iri): [term for value in values for term in candidates(terms[name], value, context)]
            for name, values in filters.items()
        }
        return Page(
            Selection(frame, wanted), filters, asked.get("after", ""), _limit(asked.get("limit")), release, view
        )


def _known(name: str, terms: list[str]) -> str:
    """Return the name of a filter, or raise BadParameter where the class has none of this name."""
    if name in terms:
        return name
    ja, en = "この項目では絞り込めません。", "A collection of this class cannot be filtered by this."
    raise BadParameter(name[:100], ja, en, expected=", ".join(terms), example=terms[0])


def _limit(text: str | None) -> int:
    """Return how many members a page has at most."""
    if text is None:
        return _PAGE
    if text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MAX_PAGE:
        return int(text)
    ja, en = "1から200までの整数で指定してください。", "Give an integer from 1 to 200."
    raise BadParameter("limit", ja, en, found=text[:100], expected=f"1–{MAX_PAGE}", example=str(_PAGE))
