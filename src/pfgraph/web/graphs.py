"""Graphs of ours written out: with prefixes where the syntax has them, framed where it is JSON-LD."""

from __future__ import annotations

import json
from collections.abc import Iterable

from pyoxigraph import RdfFormat, Triple, serialize

from pfgraph.namespaces import Namespace, prefixes
from pfgraph.releases.release import Release
from pfgraph.web import rows
from pfgraph.web.context import context_of
from pfgraph.web.forms import ROWS
from pfgraph.web.frames import frames_of
from pfgraph.web.jsonld import dumps, expanded, flattened, frame
from pfgraph.web.negotiation import Form
from pfgraph.web.rendering import View

CONTEXT_PATH = "/context/v1.jsonld"
JSON_LD = "application/ld+json"
_JSONLD = Namespace("jsonld")
_SYNTAXES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
_PREFIXED = (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.RDF_XML)


def written(triples: Iterable[Triple], form: Form, release: Release, view: View, root: str | None = None) -> bytes:
    """Return a graph in a form; as JSON-LD it is framed by its root, if it has one."""
    if form.written_as == JSON_LD:
        return as_json_ld(triples, form, release, view, root)
    ordered = sorted(set(triples), key=str)
    if form is ROWS:
        return rows.written(ordered)
    syntax = _SYNTAXES[form.written_as]
    used = _used_prefixes(ordered) if syntax in _PREFIXED else {}
    return serialize(ordered, format=syntax, prefixes=used) or b""


def as_json_ld(triples: Iterable[Triple], form: Form, release: Release, view: View, root: str | None = None) -> bytes:
    """Return a graph as JSON-LD with the context and the frames of its release, in the profile of the form."""
    context, frames = context_of(release.path), frames_of(release.path)
    if form.profile == "expanded":
        return json.dumps(expanded(triples), ensure_ascii=False, indent=1).encode()
    flat = form.profile == "flattened"
    document = flattened(triples, context, frames) if flat else frame(triples, context, root, frames)
    return dumps(document, view.url(CONTEXT_PATH))


def framed(triples: Iterable[Triple], release: Release, view: View, root: str | None = None) -> bytes:
    """Return a graph as JSON-LD with the context and the frames of its release."""
    return dumps(frame(triples, context_of(release.path), root, frames_of(release.path)), view.url(CONTEXT_PATH))


def context_link(form: Form, view: View) -> str:
    """Return what else the Link header says where plain JSON is to be read as JSON-LD."""
    if form.written_as != JSON_LD or form.media_type == JSON_LD:
        return ""
    # JSON-LD 1.1 §6.1: interpreting JSON as JSON-LD.
    return f', <{view.url(CONTEXT_PATH)}>; rel="{_JSONLD.context.value}"; type="{JSON_LD}"'


def _used_prefixes(triples: Iterable[Triple]) -> dict[str, str]:
    """Return the prefixes that shorten something in a graph."""
    text = "\n".join(map(str, triples))
    return {prefix: iri for prefix, iri in prefixes().items() if f"<{iri}" in text}
