"""Errors that have one cause, told so that the cause is seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pfgraph.errors import MissingRow, SourceError

SHOWN = 3


def told(errors: Iterable[SourceError]) -> list[SourceError]:
    """Return the errors without those that others explain; what is wrong in many places is told for the first ones.

    A table with errors has lost rows, so nothing is said of rows it seems to lack.
    """
    errors = list(errors)
    wrong = {error.file for error in errors if not isinstance(error, MissingRow)}
    groups: dict[object, list[SourceError]] = {}
    for error in errors:
        if not (isinstance(error, MissingRow) and error.table in wrong):
            # Without a value there is nothing to be the same: each place is an error of its own.
            same = (type(error), error.message.text, error.message.found) if error.message.found else id(error)
            groups.setdefault(same, []).append(error)
    return [error for group in groups.values() for error in _first(group)]


def _first(group: Sequence[SourceError]) -> Sequence[SourceError]:
    rest = group[SHOWN:]
    if not rest:
        return group
    more = SourceError(
        f"同じ誤りが、ほかに {len(rest)} 箇所あります。",
        f"The same is wrong in {len(rest)} more places.",
        file=rest[0].file,
        line=rest[0].line,
        found=rest[0].message.found,
    )
    return [*group[:SHOWN], more]
