"""The answers of the shipped queries over the shipped data: `python tests/answers.py` writes those expected."""

from __future__ import annotations

from pathlib import Path

from pyoxigraph import Literal, NamedNode, QueryResultsFormat, QuerySolutions, QueryTriples, Store

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


QUERIES, STORE = shipped()


def answer(query: CannedQuery, example: Example, store: Store | None = None) -> str:
    """Return the answer to an example, over the shipped data or a store's: TSV, sorted N-Triples, or a truth."""
    found = (STORE if store is None else store).query(query.bind(example.arguments))
    if isinstance(found, QuerySolutions):
        return (found.serialize(format=QueryResultsFormat.TSV) or b"").decode()
    if isinstance(found, QueryTriples):
        return "".join(sorted(f"{triple} .\n" for triple in found))
    return f"{'true' if found else 'false'}\n"


def rows(name: str, **arguments: str) -> list[dict[str, str]]:
    """Return the rows of a query as texts, without what is unbound."""
    found = STORE.query(QUERIES[name].bind(arguments))
    assert isinstance(found, QuerySolutions)
    columns = QUERIES[name].columns
    return [{c: s[c].value for c in columns if isinstance(s[c], Literal | NamedNode)} for s in found]


def column(name: str, column: str, **arguments: str) -> list[str]:
    """Return one column of a query's rows."""
    return [row.get(column, "") for row in rows(name, **arguments)]


def main() -> None:
    """Write the expected answer of every example, and remove those of none."""
    EXPECTED.mkdir(exist_ok=True)
    written = {
        example.expected: answer(query, example)
        for query in QUERIES.values()
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
