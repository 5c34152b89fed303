"""What the endpoint says of itself: the SPARQL 1.1 Service Description."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from pfgraph.graph.assertions import about, dataset_iri, own
from pfgraph.graph.portal import made
from pfgraph.namespaces import DCAT, DCTERMS, RDF, SD, VOID, XSD, base_iri
from pfgraph.releases.release import Release

_FILE = Path(__file__).parent / "description.ttl"


@cache
def _promises() -> tuple[Triple, ...]:
    """Return what holds for every release: languages, features, formats."""
    return tuple(quad.triple for quad in parse(_FILE.read_bytes(), RdfFormat.TURTLE))


def description(release: Release, endpoint: str) -> list[Triple]:
    """Return the service description of the endpoint at an address, over one release."""
    return [*_promises(), *_dataset(release, endpoint), *served(release, endpoint)]


def served(release: Release, endpoint: str) -> Iterator[Triple]:
    """Return what only the server knows of the dataset: which release this is, since when, and where it answers."""
    whole, address = dataset_iri(), NamedNode(endpoint)
    yield from about(whole, DCTERMS.identifier, Literal(release.id))
    yield from about(whole, DCAT.version, Literal(release.id))
    yield from about(whole, DCTERMS.issued, issued(release))
    yield from about(whole, VOID.sparqlEndpoint, address)
    yield from about(own("sparql"), DCAT.endpointURL, address)


def issued(release: Release) -> Literal:
    """Return when a release was made."""
    return Literal(release.manifest.created, datatype=XSD.dateTime)


def _dataset(release: Release, endpoint: str) -> Iterator[Triple]:
    service = NamedNode(f"{base_iri()}sparql")
    dataset, default = NamedNode(f"{base_iri()}dataset"), NamedNode(f"{base_iri()}dataset#default-graph")
    yield Triple(service, SD.endpoint, NamedNode(endpoint))
    yield Triple(service, SD.defaultDataset, dataset)
    yield Triple(dataset, RDF.type, SD.Dataset)
    yield Triple(dataset, SD.defaultGraph, default)
    yield Triple(default, RDF.type, SD.Graph)
    yield Triple(default, VOID.triples, Literal(release.manifest.triples))
    for iri, triples in sorted(release.manifest.graphs.items()):
        name = NamedNode(iri)
        yield Triple(dataset, SD.namedGraph, name)
        yield Triple(name, RDF.type, SD.NamedGraph)
        yield Triple(name, SD.name, name)
        yield Triple(name, SD.graph, name)
        yield Triple(name, RDF.type, SD.Graph)
        yield Triple(name, VOID.triples, Literal(triples))


def version(release: Release) -> Iterator[Triple]:
    """Return a release as a version of the dataset, with how it came about."""
    sources = (NamedNode(iri) for iri in release.manifest.graphs)
    return made(own(f"releases/{release.id}"), issued(release), release.id, sources)
