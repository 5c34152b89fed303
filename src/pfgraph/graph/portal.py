"""The dataset as data portals list it: DCAT 3, with what DCAT-AP 3 asks for.

What depends on the release's name or on the clock is not here: it is added where the catalogue is served.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.graph.assertions import Value, about, dataset_iri, literals, own
from pfgraph.graph.dataset import Dataset
from pfgraph.messages import Text
from pfgraph.namespaces import DCAT, DCTERMS, FOAF, GRAPH, PROV, RDF, RDFS, VOID, Namespace

# The whole is licensed and published as its catalogue is.
CATALOG = "data/catalog"
FILE = "pfgraph"
Terms = Sequence[tuple[NamedNode, Value]]
_MEDIA, _FILE_TYPE = Namespace("mediatype"), Namespace("filetype")
_NAME = Text("pfgraph の目録", "The pfgraph catalogue")
_ABOUT = Text(
    "地方版孤独・孤立対策官民連携プラットフォームのデータと、その入手方法。",
    "The data on local platforms against loneliness, and how to get them.",
)
_SERVICE = Text("pfgraph の SPARQL エンドポイント", "pfgraph SPARQL endpoint")
_FROZEN = Text(
    "変わることのない版。内容のハッシュが版の番号である。",
    "A release, which never changes; the beginning of its digest is its name.",
)
_MAKING = Text("版の作成", "The making of a release")
_KEYWORDS = Text("孤独・孤立対策", "loneliness")
# Name, media type, file type: as whole dumps, the named graphs too where the syntax has them.
DUMPS = {
    "nq": ("application/n-quads", "RDF_N_QUADS", Text("すべてのグラフ（N-Quads）", "All graphs (N-Quads)")),
    "trig": ("application/trig", "RDF_TRIG", Text("すべてのグラフ（TriG）", "All graphs (TriG)")),
    "ttl": ("text/turtle", "RDF_TURTLE", Text("既定グラフ（Turtle）", "The default graph (Turtle)")),
    "jsonld": ("application/ld+json", "JSON_LD", Text("既定グラフ（JSON-LD）", "The default graph (JSON-LD)")),
}


def listed(dataset: Dataset) -> Iterator[Triple]:
    """Return the catalogue, its datasets and their distributions, and the data service."""
    terms = [
        (triple.predicate, triple.object)
        for triple in dataset.default_graph
        if triple.subject == GRAPH[CATALOG] and triple.predicate in {DCTERMS.license, DCTERMS.publisher}
    ]
    catalog, service = own("catalog"), own("sparql")
    files = _datasets(dataset)
    yield from about(catalog, RDF.type, DCAT.Catalog)
    yield from about(catalog, DCTERMS.title, *literals(_NAME))
    yield from about(catalog, RDFS.label, *literals(_NAME))
    yield from about(catalog, DCTERMS.description, *literals(_ABOUT))
    yield from about(catalog, DCAT.dataset, dataset_iri(), *files)
    yield from about(catalog, DCAT.service, service)
    yield from about(catalog, FOAF.homepage, own(""))
    yield from about(dataset_iri(), DCAT.landingPage, own(""))
    yield from about(dataset_iri(), DCAT.keyword, *literals(_KEYWORDS))
    yield from about(dataset_iri(), DCTERMS.conformsTo, own("ns"), own("shapes"))
    for node in (catalog, dataset_iri(), service):
        yield from (Triple(node, predicate, value) for predicate, value in terms)
    yield from _agents(dataset, [value for predicate, value in terms if predicate == DCTERMS.publisher])
    yield from _service(service)
    for name, (media_type, file_type, title) in DUMPS.items():
        yield from _dump(name, media_type, file_type, title, terms)
    for graph in files:
        yield from _file(graph, terms)


def _datasets(dataset: Dataset) -> list[NamedNode]:
    """Return the source files that the data's own catalogue lists, each of which is a named graph."""
    typed = (t.subject for t in dataset.default_graph if t.predicate == RDF.type and t.object == DCAT.Dataset)
    return sorted((s for s in typed if isinstance(s, NamedNode) and s.value in dataset.graphs), key=str)


def _agents(dataset: Dataset, agents: Sequence[Value]) -> Iterator[Triple]:
    """Return what the publishers are called, in the words that portals read."""
    for triple in dataset.default_graph:
        if triple.subject in agents and triple.predicate == RDFS.label and isinstance(triple.subject, NamedNode):
            yield from about(triple.subject, RDF.type, FOAF.Agent)
            yield from about(triple.subject, FOAF.name, triple.object)


def _service(service: NamedNode) -> Iterator[Triple]:
    yield from about(service, RDF.type, DCAT.DataService)
    yield from about(service, DCTERMS.title, *literals(_SERVICE))
    yield from about(service, RDFS.label, *literals(_SERVICE))
    yield from about(service, DCAT.endpointURL, service)
    yield from about(service, DCAT.endpointDescription, service, own("openapi.json"))
    yield from about(service, DCAT.servesDataset, dataset_iri())


def _dump(name: str, media_type: str, file_type: str, title: Text, terms: Terms) -> Iterator[Triple]:
    """Return a dump of the whole, at the address that leads to the current release's."""
    node, address = dataset_iri(f"dump/{name}"), own(f"dumps/current/{FILE}.{name}.gz")
    yield from about(dataset_iri(), DCAT.distribution, node)
    yield from about(dataset_iri(), VOID.dataDump, address)
    yield from _distribution(node, title, address, address)
    yield from about(node, DCAT.mediaType, _MEDIA[media_type])
    yield from about(node, DCAT.compressFormat, _MEDIA["application/gzip"])
    yield from about(node, DCTERMS["format"], _FILE_TYPE[file_type])
    yield from (Triple(node, predicate, value) for predicate, value in terms if predicate == DCTERMS.license)


def _file(graph: NamedNode, terms: Terms) -> Iterator[Triple]:
    """Return how one source file's named graph is had by itself."""
    name = graph.value.removeprefix(str(GRAPH))
    node, title = dataset_iri(f"graph/{name}"), Text(f"{name}（Turtle）", f"{name} (Turtle)")
    yield from about(graph, DCAT.distribution, node)
    yield from _distribution(node, title, graph, NamedNode(f"{graph.value}.ttl"))
    yield from about(node, DCAT.mediaType, _MEDIA["text/turtle"])
    yield from about(node, DCTERMS["format"], _FILE_TYPE.RDF_TURTLE)
    yield from (Triple(node, predicate, value) for predicate, value in terms if predicate == DCTERMS.license)


def _distribution(node: NamedNode, title: Text, access: NamedNode, download: NamedNode) -> Iterator[Triple]:
    yield from about(node, RDF.type, DCAT.Distribution)
    yield from about(node, DCTERMS.title, *literals(title))
    yield from about(node, RDFS.label, *literals(title))
    yield from about(node, DCAT.accessURL, access)
    yield from about(node, DCAT.downloadURL, download)


def made(release: NamedNode, made_at: Literal, version: str, sources: Iterator[NamedNode]) -> Iterator[Triple]:
    """Return a release as a version of the dataset, and how it came about (PROV): when, from which graphs."""
    making = NamedNode(f"{release.value}#making")
    title = Text(f"pfgraph のデータ（版 {version}）", f"The data of pfgraph (release {version})")
    yield from about(dataset_iri(), DCAT.hasVersion, release)
    yield from about(release, RDF.type, PROV.Entity, DCAT.Dataset)
    yield from about(release, DCTERMS.title, *literals(title))
    yield from about(release, DCTERMS.description, *literals(_FROZEN))
    yield from about(release, DCTERMS.issued, made_at)
    yield from about(release, DCAT.version, Literal(version))
    yield from about(release, PROV.wasGeneratedBy, making)
    yield from about(release, PROV.generatedAtTime, made_at)
    yield from about(making, RDF.type, PROV.Activity)
    yield from about(making, RDFS.label, *literals(_MAKING))
    yield from about(making, PROV.endedAtTime, made_at)
    yield from about(making, PROV.used, *sources)
