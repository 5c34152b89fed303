"""A release written out in one of the syntaxes people exchange."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Store, Triple, serialize

from pfgraph.namespaces import prefixes
from pfgraph.releases.release import Release

COLUMNS = ("subject", "predicate", "object", "datatype", "language")


def n_quads(release: Release) -> bytes:
    """Return the default graph and all named graphs as sorted N-Quads: the lines that the digest is over."""
    if release.dump_path.exists():
        return gzip.decompress(release.dump_path.read_bytes())
    return "".join(sorted(f"{quad} .\n" for quad in _store(release))).encode()


def trig(release: Release) -> bytes:
    """Return the default graph and all named graphs as TriG."""
    return _written(_sorted(_store(release)), RdfFormat.TRIG)


def table(release: Release) -> bytes:
    """Return the default graph as a CSV table, a row for each triple."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for triple in _default_graph(release):
        value = triple.object
        literal = (value.datatype.value, value.language or "") if isinstance(value, Literal) else ("", "")
        writer.writerow([*(_plain(term) for term in (triple.subject, triple.predicate, value)), *literal])
    return text.getvalue().encode()


def _graph(rdf_format: RdfFormat) -> Callable[[Release], bytes]:
    """Return a function that writes the default graph in a syntax for one graph."""

    def write(release: Release) -> bytes:
        return _written(_default_graph(release), rdf_format)

    return write


FORMS: Mapping[str, Callable[[Release], bytes]] = MappingProxyType(
    {
        "nq": n_quads,
        "trig": trig,
        "ttl": _graph(RdfFormat.TURTLE),
        "nt": _graph(RdfFormat.N_TRIPLES),
        "rdf": _graph(RdfFormat.RDF_XML),
        "csv": table,
    }
)


def _written(statements: Iterable[Quad] | Iterable[Triple], rdf_format: RdfFormat) -> bytes:
    content = serialize(statements, format=rdf_format, prefixes=dict(prefixes()))
    assert content is not None  # it is only where serialize writes to a file
    return content


def _store(release: Release) -> Store:
    return Store.read_only(str(release.store_path))


def _sorted(quads: Iterable[Quad]) -> list[Quad]:
    return sorted(quads, key=str)


def _default_graph(release: Release) -> Iterator[Triple]:
    """Return the triples of the default graph, sorted."""
    quads = _store(release).quads_for_pattern(None, None, None, DefaultGraph())
    return (Triple(quad.subject, quad.predicate, quad.object) for quad in _sorted(quads))


def _plain(term: object) -> str:
    return term.value if isinstance(term, NamedNode | Literal) else str(term)
