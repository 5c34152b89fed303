"""A document on its way out, with the typed links that tell a machine where everything is (FAIR Signposting)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pyoxigraph import NamedNode, Triple
from starlette.responses import Response

from pfgraph.errors import ReleaseError
from pfgraph.namespaces import GRAPH, RDF, Namespace
from pfgraph.releases.release import Release
from pfgraph.web import delivery, forms, graphs
from pfgraph.web.frames import frames_of
from pfgraph.web.negotiation import Form
from pfgraph.web.questions import question
from pfgraph.web.rendering import View, ascii_iri
from pfgraph.web.site import Site, str_of

# Suffixes a document can be asked for by, beside Accept.
SUFFIXES = {form.name: form for form in reversed(forms.DOCUMENTS) if form.name != "json"}
SCHEMA = Namespace("schema")
_CATALOG = "data/catalog"
_DESCRIBING = frozenset({"ttl", "jsonld"})


@dataclass(frozen=True)
class Terms:
    """On which terms a release may be used: its licence, and who publishes it."""

    licence: str = ""
    publisher: str = ""


class Signposts:
    """What a site says of the documents of a release, beside what is in them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._terms: tuple[str, Terms] = ("", Terms())

    async def terms(self, release: Release) -> Terms:
        """Return the terms of use of a release, as its catalogue has them."""
        if self._terms[0] != release.id:
            found = await self._site.solutions(release, question("licence", resource=[GRAPH[_CATALOG]]))
            terms = Terms(*(str_of(found[0][name]) for name in ("licence", "publisher"))) if found else Terms()
            self._terms = release.id, terms
        return self._terms[1]


@dataclass(frozen=True)
class Reply:
    """A document: about which IRI, at which path, from which release, in which form, which page of it."""

    iri: str
    path: str
    release: Release
    view: View
    form: Form
    terms: Terms = Terms()
    page: int = 1
    pages: int = 1
    # Whether only the page for readers comes in pages, and the other forms have all at once.
    is_whole: bool = False

    def at(self, suffix: str = "", page: int = 0) -> str:
        """Return the address of this document in the form of a suffix, and of another page of it."""
        number = 1 if suffix and self.is_whole else page or self.page
        query = f"?page={number}" if number > 1 else ""
        return ascii_iri(self.view.at(f"{self.path}{suffix}")) + query

    def headers(self, triples: Iterable[Triple]) -> dict[str, str]:
        """Return headers that say what this is about, in which other forms there is, and on which terms."""
        found = delivery.release_headers(self.release, self.view)
        types = types_of(self.iri, triples)
        links = (*self._forms(), *self._about(types), *self._beside(types))
        found["Link"] = ", ".join([found["Link"], *links]) + graphs.context_link(self.form, self.view)
        found["Vary"] += ", Accept-Profile"
        found["Content-Location"] = self.at(f".{self.form.name}")
        return found

    def graph(self, triples: Sequence[Triple], status: int = 200) -> Response:
        """Return the triples in the form that was asked for."""
        body = graphs.written(triples, self.form, self.release, self.view, self.iri)
        return Response(body, status, self.headers(triples), forms.content_type(self.form))

    def _forms(self) -> Iterator[str]:
        page = self.form is forms.HTML
        for name, form in SUFFIXES.items():
            yield _link(self._absolute(f".{name}"), "alternate", form.media_type)
            if page and form is not forms.HTML:
                yield _link(self._absolute(f".{name}"), "item", form.media_type)
            if name in _DESCRIBING and form.name != self.form.name:
                yield _link(self._absolute(f".{name}"), "describedby", form.media_type)
        if not page:
            yield _link(self._absolute(), "describes", forms.HTML.media_type)
            yield _link(self._absolute(), "collection", forms.HTML.media_type)

    def _about(self, types: Sequence[str]) -> Iterator[str]:
        yield _link(ascii_iri(self.iri), "cite-as")
        if self.terms.licence:
            yield _link(ascii_iri(self.terms.licence), "license")
            yield _link(ascii_iri(self.terms.publisher), "author")
        if self.form is forms.HTML:
            yield _link(SCHEMA.AboutPage.value, "type")
        for each in types:
            yield _link(ascii_iri(each), "type")

    def _beside(self, types: Sequence[str]) -> Iterator[str]:
        name = collection_of(self.release, types)
        if name:
            yield _link(self.view.url(f"/collections/{name}"), "collection")
            if self.form.written_as == graphs.JSON_LD:
                yield _link(self.view.url(f"/schema/{name}.json"), "describedby", "application/schema+json")
        for rel, page in (("prev", self.page - 1), ("next", self.page + 1)):
            if 1 <= page <= self.pages:
                yield _link(f"{self.view.origin}{self.at(page=page)}", rel)

    def _absolute(self, suffix: str = "") -> str:
        return f"{self.view.origin}{self.at(suffix)}"


def collection_of(release: Release, types: Iterable[str]) -> str:
    """Return the name of the collection that a thing of these classes belongs to, or nothing."""
    try:
        found = frames_of(release.path).of(types)
    except ReleaseError:
        return ""
    return found[0].name if found else ""


def types_of(iri: str, triples: Iterable[Triple]) -> list[str]:
    """Return the classes that triples say a thing is of."""
    node = NamedNode(iri)
    types = (t.object for t in triples if t.subject == node and t.predicate == RDF.type)
    return sorted(each.value for each in types if isinstance(each, NamedNode))


def _link(target: str, rel: str, media_type: str = "") -> str:
    return f'<{target}>; rel="{rel}"' + (f'; type="{media_type}"' if media_type else "")
