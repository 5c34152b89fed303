"""Many errors, one cause."""

from __future__ import annotations

from pfgraph.errors import LinkError, MissingRow, SourceError, TableError
from pfgraph.messages import Text
from pfgraph.sources.causes import told

CODE = Text("団体コード", "Code")


def missing(line: int, found: str = "041009") -> MissingRow:
    """Return the error of a row that refers to a government that is not there."""
    return MissingRow(
        "ありません。", "No such row.", table="governments.csv", file="a.csv", line=line, column=CODE, found=found
    )


def test_what_happens_once_is_told_once() -> None:
    """Errors that have nothing in common stay as they are."""
    errors: list[SourceError] = [missing(2, "1"), missing(3, "2")]

    assert told(errors) == errors


def test_what_is_wrong_in_many_places_is_told_for_the_first() -> None:
    """Of ten equal errors three are told, and how many more there are."""
    shown = told(missing(line) for line in range(2, 12))

    assert [error.line for error in shown] == [2, 3, 4, 5]
    assert "7 more places" in shown[-1].en


def test_errors_without_a_value_are_told_each() -> None:
    """Ten empty cells are ten errors to mend."""
    empty = [TableError("空です。", "Empty.", file="a.csv", line=line) for line in range(2, 12)]

    assert told(empty) == empty


def test_rows_lost_by_a_wrong_table_are_not_told_missing() -> None:
    """Where the other table has an error of its own, that is the one to mend."""
    cause = TableError("0 がありません。", "The zero was lost.", file="governments.csv", line=3)

    assert told([missing(2), cause, missing(3)]) == [cause]


def test_a_cell_has_one_error() -> None:
    """A value that is no row of the other table, and so no thing that is described, is told once."""
    row = missing(2)
    link = LinkError("記述がありません。", "Undescribed.", file="a.csv", line=2, column=CODE, found="government:041009")

    assert told([row, link]) == [row]
