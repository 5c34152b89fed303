"""A reader that follows links: what a page links to, and what an answer in RDF says."""

from __future__ import annotations

import csv
import json
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, NamedNode, Quad, RdfFormat, Store, Triple, parse

from pfgraph.namespaces import base_iri
from pfgraph.web import rows
from pfgraph.web.rendering import local_path
from sites import Client

SYNTAXES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "text/csv": None,
}
# Links that are followed by clicking, and those that a browser or a reader of feeds follows by itself.
_FOLLOWED = {"a": "href", "link": "href", "form": "action", "script": "src", "img": "src"}


class Links(HTMLParser):
    """The links of a page, and the ids that a link may point at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a link and an id."""
        said = {name: value or "" for name, value in attrs}
        if "id" in said:
            self.ids.add(said["id"])
        # A canonical link names the thing by its IRI, which is not on this host.
        if (address := said.get(_FOLLOWED.get(tag, ""))) is not None and said.get("rel") != "canonical":
            self.found.append(address)


def internal(page: str, links: list[str]) -> set[tuple[str, str]]:
    """Return the links of a page that stay on the host: path with query, and fragment."""
    found = set()
    for link in links:
        address, fragment = urldefrag(urljoin(f"http://test{page}", link))
        parts = urlsplit(address)
        if parts.scheme == "http" and parts.netloc == "test":
            found.add((parts.path + (f"?{parts.query}" if parts.query else ""), fragment))
    return found


def path_of(iri: str) -> str:
    """Return where an IRI of ours is asked for on this host: the very path it has, without its fragment."""
    return "/" + urldefrag(iri)[0].removeprefix(base_iri())


def shown_at(iri: str) -> str | None:
    """Return the path that a page links to for an IRI of ours."""
    return local_path(iri)


def ours(client: Client) -> set[str]:
    """Return every IRI of ours that occurs in the release, in whatever place of a quad."""
    store = Store.read_only(str(client.app.site.release().store_path))
    terms = (t for quad in store for t in (quad.subject, quad.predicate, quad.object, quad.graph_name))
    return {term.value for term in terms if isinstance(term, NamedNode) and term.value.startswith(base_iri())}


def triples(body: bytes, media_type: str, context: dict[str, Any]) -> set[Triple]:
    """Return what a body says, in any of the formats that say all of it."""
    if media_type == "text/csv":
        return set(rows.read(body.decode()))
    if media_type == "application/ld+json":
        # The context is at an address; whoever reads it here has it at hand.
        body = json.dumps({**json.loads(body), **context}).encode()
    return {quad.triple for quad in parse(body, SYNTAXES[media_type], base_iri="http://test/")}


def canonical(found: set[Triple]) -> set[Triple] | Dataset:
    """Return triples so that equal ones are isomorphic."""
    if not any(isinstance(term, BlankNode) for t in found for term in (t.subject, t.object)):
        return found
    dataset = Dataset(Quad(t.subject, t.predicate, t.object) for t in found)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def mentioned(found: set[Triple]) -> set[str]:
    """Return the IRIs that triples mention."""
    terms = (term for t in found for term in (t.subject, t.predicate, t.object))
    return {term.value for term in terms if isinstance(term, NamedNode)}


def is_table(body: bytes) -> bool:
    """Whether a body is CSV with the columns of our documents."""
    return next(csv.reader([body.split(b"\r\n", 1)[0].decode()])) == list(rows.COLUMNS)
