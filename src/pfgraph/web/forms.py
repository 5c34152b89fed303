"""The forms that answers come in: solutions, graphs, pages."""

from __future__ import annotations

from pfgraph.namespaces import Namespace
from pfgraph.web.negotiation import Form

_JSON = "application/sparql-results+json"
_XML = "application/sparql-results+xml"
_LD = "application/ld+json"
_JSONLD = Namespace("jsonld")

HTML = Form("html", "text/html")
# The shapes in which a JSON-LD document comes (JSON-LD 1.1 §6.2); framed is what comes unasked.
PROFILES = ("framed", "compacted", "flattened", "expanded")

# CSV that a spreadsheet program takes for UTF-8: the same media type, with a byte order mark.
EXCEL = Form("excel", "text/csv")
SOLUTIONS = (
    Form("json", _JSON, aliases=("srj",)),
    Form("xml", _XML, aliases=("srx",)),
    Form("csv", "text/csv"),
    Form("tsv", "text/tab-separated-values"),
    Form("json", "application/json", syntax=_JSON),
    Form("xml", "application/xml", syntax=_XML),
    Form("xml", "text/xml", syntax=_XML),
    EXCEL,
)
GRAPHS = (
    Form("ttl", "text/turtle", aliases=("turtle",)),
    Form("jsonld", _LD, aliases=("json-ld",), profiles=PROFILES),
    Form("nt", "application/n-triples", aliases=("ntriples", "n-triples")),
    Form("rdf", "application/rdf+xml", aliases=("rdfxml", "rdf/xml", "rdf+xml")),
    Form("nq", "application/n-quads", aliases=("nquads", "n-quads")),
    Form("trig", "application/trig"),
    Form("json", "application/json", syntax=_LD),
)
# Triples as a table; in a document of ours it says as much as the syntaxes of RDF do (`web.rows`).
ROWS = Form("csv", "text/csv")
SOLUTIONS_AND_PAGE = (*SOLUTIONS, HTML)
GRAPHS_AND_PAGE = (*GRAPHS, HTML)
DOCUMENTS = (*GRAPHS, ROWS, HTML)


def offered(query_form: str) -> tuple[Form, ...]:
    """Return the forms in which the answer to a SELECT, ASK, CONSTRUCT or DESCRIBE can be sent."""
    return SOLUTIONS_AND_PAGE if query_form in {"SELECT", "ASK"} else GRAPHS_AND_PAGE


def content_type(form: Form) -> str:
    """Return the Content-Type of a form, with the charset where a text type may have one."""
    # text/turtle, RDF/XML and the result formats are UTF-8 by definition; CSV's default is not.
    if form.profile:
        return f'{form.media_type}; profile="{_JSONLD[form.profile].value}"'
    return f"{form.media_type}; charset=utf-8" if form.media_type.startswith("text/") else form.media_type
