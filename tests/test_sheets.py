"""CSV text and its rows."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pfgraph.errors import TableError
from pfgraph.sources import sheets

CELLS = st.text(st.sampled_from("あA0,;\"' \n\t"), max_size=6).map(
    lambda cell: "\n".join(line.rstrip() for line in cell.strip().split("\n"))
)
ROWS = st.lists(st.lists(CELLS, min_size=1, max_size=4).filter(any), min_size=1, max_size=5)


@given(ROWS)
def test_what_is_written_is_read(rows: list[list[str]]) -> None:
    """Whatever stands in cells, it is there again after writing and reading."""
    assert [list(row.cells) for row in sheets.read(sheets.write(rows), "x.csv")] == rows


@given(ROWS)
def test_what_is_written_is_csv_to_others(rows: list[list[str]]) -> None:
    """Python's own reader finds the same cells."""
    assert list(csv.reader(io.StringIO(sheets.write(rows), newline=""))) == rows


@given(ROWS)
def test_a_row_has_the_line_it_starts_on(rows: list[list[str]]) -> None:
    """Line ends inside cells count, so that a row is found with an editor."""
    text = sheets.write(rows)
    starts = [sheets.write(rows[:position]).count("\n") + 1 for position in range(len(rows))]

    assert [row.line for row in sheets.read(text, "x.csv")] == starts


@pytest.mark.parametrize("cell", ["a", "a b", "a;b", "'a'", "あ、い", "#a"])
def test_quotes_are_for_what_needs_them(cell: str) -> None:
    """A cell without comma, quote or line end is written as it is."""
    assert sheets.write([[cell]]) == f"{cell}\n"


def test_what_follows_a_closing_quote_is_refused() -> None:
    """A quote inside a quoted cell that is not doubled is told with its row."""
    with pytest.raises(TableError) as caught:
        sheets.read('a,b\n1,2\n"x" y,3\n', "x.csv")

    assert (caught.value.file, caught.value.line) == ("x.csv", 3)
