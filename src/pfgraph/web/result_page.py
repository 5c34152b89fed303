"""The answer to a query as a page: a table that needs no script, and the way to every other form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pfgraph.messages import Text
from pfgraph.query.engine import Answer
from pfgraph.releases.release import Release
from pfgraph.web.rendering import View
from pfgraph.web.site import Site
from pfgraph.web.solutions import SHOWN_ROWS, SHOWN_TRIPLES, Cell, cells, table_of, with_names

TSV, NT = "text/tab-separated-values", "application/n-triples"


@dataclass(frozen=True)
class Result:
    """What a page shows of an answer: a table, or the boolean of an ASK."""

    columns: tuple[str, ...] = ()
    rows: Sequence[Sequence[Cell]] = ()
    complete: bool = True
    boolean: bool | None = None
    duration_s: float = 0.0


def page_syntax(query_form: str) -> str:
    """Return the media type to ask of the engine for the sake of a page: one line for each row."""
    return TSV if query_form in {"SELECT", "ASK"} else NT


async def result(
    site: Site,
    release: Release,
    view: View,
    answer: Answer,
    *,
    titles: Mapping[str, Text] | None = None,
) -> Result:
    """Return what a page shows of an answer, with names for what is named in the release.

    Where the columns have titles, the query is one of ours, and the names in it lead to what they name.
    """
    # A triple takes up as much of a page as several cells of a table.
    table = await table_of(answer, SHOWN_TRIPLES if answer.form in {"CONSTRUCT", "DESCRIBE"} else SHOWN_ROWS)
    if isinstance(table, bool):
        return Result(boolean=table, duration_s=answer.duration_s)
    labels = await site.labels(release, table.iris())
    columns, shown = list(table.columns), cells(table, view, labels)
    if titles is not None:
        columns, shown = with_names(columns, shown)
        columns = [view.text(titles[name]) if name in titles else name for name in columns]
    return Result(tuple(columns), shown, table.complete, None, answer.duration_s)
