"""Errors that have one cause, told so that the cause is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pfgraph.errors import LinkError, MissingRow, SourceError

SHOWN = 3


def told(errors: Iterable[SourceError]) -> list[SourceError]:
    """Return the errors without those that others explain; what is wrong in many places is told for the first ones.

    A table with errors has lost rows, so nothing is said of rows it seems to lack.
    """
    groups: dict[object, list[SourceError]] = {}
    for error in _unexplained(list(errors)):
        # Without a value there is nothing to be the same: each place is an error of its own.
        same = (type(error), error.message.text, error.message.found) if error.message.found else id(error)
        groups.setdefault(same, []).append(error)
    return [error for group in groups.values() for error in _first(group)]


def _unexplained(errors: Sequence[SourceError]) -> Iterator[SourceError]:
    wrong = {error.file for error in errors if not isinstance(error, MissingRow | LinkError)}
    missing = {error.message.where for error in errors if isinstance(error, MissingRow)}
    for error in errors:
        if isinstance(error, MissingRow):
            if error.table not in wrong:
                yield error
        # A row that is missing is an IRI that nothing describes: one cell, one error.
        elif not (isinstance(error, LinkError) and error.message.where in missing):
            yield error


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
