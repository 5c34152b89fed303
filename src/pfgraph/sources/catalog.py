"""Whether the catalogue and the data files speak of the same named graphs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from pyoxigraph import NamedNode

from pfgraph.errors import CatalogError
from pfgraph.messages import Text
from pfgraph.namespaces import DCAT, GRAPH, RDF
from pfgraph.sources.origins import Origin, Reading

CATALOG_FILE = "data/catalog.ttl"
# What a build adds is a named graph as well, and has no file.
ADDED = ("derived", "metadata")


def disagreements(readings: Mapping[str, Reading]) -> Iterable[CatalogError]:
    """Return an error for every data file without a dcat:Dataset, and every dcat:Dataset without a file."""
    files = {graph: reading.file for graph, reading in readings.items() if reading.file.startswith("data/")}
    catalog = next((graph for graph, file in files.items() if file == CATALOG_FILE), None)
    if catalog is None:
        return [_no_catalog()] if files else []
    if readings[catalog].errors:
        return []
    listed = _datasets(readings[catalog])
    unlisted = [(graph, file) for graph, file in files.items() if graph not in listed and graph != catalog]
    known = {*readings, *(GRAPH[name].value for name in ADDED)}
    without_file = [(graph, origin) for graph, origin in listed.items() if graph not in known]
    return [
        *(_not_listed(graph, file) for graph, file in unlisted),
        *(_no_file(graph, origin, [graph for graph, _ in unlisted]) for graph, origin in without_file),
    ]


def _datasets(catalog: Reading) -> dict[str, Origin]:
    """Return the named graphs that the catalogue describes, and where."""
    return {
        triple.subject.value: origin
        for triple, origin in catalog.statements
        if triple.predicate == RDF.type
        and triple.object == DCAT.Dataset
        and isinstance(triple.subject, NamedNode)
        and triple.subject.value in GRAPH
    }


def _no_catalog() -> CatalogError:
    return CatalogError(
        "データの目録がありません。",
        "There is no catalogue of the data.",
        file=CATALOG_FILE,
        expected=Text("data/ の各ファイルにつき dcat:Dataset を1つ", "one dcat:Dataset for each file in data/"),
    )


def _not_listed(graph: str, file: str) -> CatalogError:
    return CatalogError(
        f"{file} が目録にありません。",
        f"{file} is not in the catalogue.",
        file=CATALOG_FILE,
        expected=f"<{graph}> a dcat:Dataset",
        try_=Text(
            "題名・発行者・ライセンスを添えて目録に加えてください。",
            "Add it to the catalogue with its title, publisher and licence.",
        ),
    )


def _no_file(graph: str, origin: Origin, unlisted: list[str]) -> CatalogError:
    near = difflib.get_close_matches(graph, unlisted, n=1)
    return CatalogError(
        "目録にある名前付きグラフのファイルがありません。",
        "No file is the named graph that the catalogue lists.",
        file=origin.file,
        line=origin.line,
        found=f"<{graph}>",
        expected=f"<{near[0]}>" if near else None,
        try_=Text("ファイルを戻すか、目録から外してください。", "Restore the file, or take the entry out."),
    )
