"""The answers of the shipped queries over the shipped data: `python tests/answers.py` writes those expected."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import QueryResultsFormat, QuerySolutions, Store

from pfgraph.graph import dataset as datasets
from pfgraph.graph import metadata
from pfgraph.namespaces import shipped_sources
from pfgraph.sources import tree as trees
from pfgraph.sources.queries import CannedQuery, Example

EXPECTED = Path(__file__).parent / "queries"


def shipped() -> tuple[dict[str, CannedQuery], Store]:
    """Return the queries in this checkout by name, and a store of its data."""
    tree, _ = trees.survey(shipped_sources())
    store = Store()
    store.bulk_extend(metadata.with_metadata(datasets.build(tree), tree).quads())
    return dict(tree.queries), store


def answer(query: CannedQuery, example: Example, store: Store) -> str:
    """Return what a query answers to an example: SPARQL TSV with its header, or sorted N-Triples."""
    found = store.query(query.bind(example.arguments))
    if isinstance(found, QuerySolutions):
        return found.serialize(format=QueryResultsFormat.TSV).decode()
    return "".join(sorted(f"{triple} .\n" for triple in found))


def main() -> None:
    """Write the expected answer of every example, and remove those of none."""
    queries, store = shipped()
    EXPECTED.mkdir(exist_ok=True)
    written = {
        example.expected: answer(query, example, store)
        for query in queries.values()
        for example in query.examples
        if example.expected
    }
    for path in EXPECTED.iterdir():
        if path.name not in written:
            path.unlink()
    for name, text in written.items():
        (EXPECTED / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
