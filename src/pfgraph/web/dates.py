"""Dates in words, at the precision they are given in: 令和4年2月, February 2022."""

from __future__ import annotations

import re
from calendar import month_name

from pyoxigraph import Literal

from pfgraph.namespaces import XSD
from pfgraph.web.negotiation import Lang

# The first day of each era, the newest first, as ISO dates.
_ERAS = (("2019-05-01", "令和", 2018), ("1989-01-08", "平成", 1988), ("1926-12-25", "昭和", 1925))
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?")
_PARTS = {"gYear": 1, "gYearMonth": 2, "date": 3}


def in_words(literal: Literal, lang: Lang) -> str | None:
    """Return a year, a month or a day in words, or None where the literal is none of these."""
    parts = _PARTS.get(literal.datatype.value.removeprefix(str(XSD)))
    match = _DATE.fullmatch(literal.value)
    if parts is None or match is None or sum(map(bool, match.groups())) != parts:
        return None
    year, month, day = match[1], match[2], match[3]
    if month is not None and not 1 <= int(month) <= 12:
        return None
    if lang == "en":
        words = [str(int(day))] if day else []
        words += [month_name[int(month)]] if month else []
        return " ".join([*words, str(int(year))])
    text = _japanese_year(literal.value, int(year))
    text += f"{int(month)}月" if month else ""
    return text + (f"{int(day)}日" if day else "")


def _japanese_year(written: str, year: int) -> str:
    """Return the year in its era; where a date does not tell in which of two eras it is, it stays western."""
    missing = 3 - len(written.split("-"))
    first = written + "-01" * missing
    last = written + ("", "-31", "-12-31")[missing]
    found = _era(first)
    if found is None or found != _era(last):
        return f"{year}年"
    era, before = found
    return f"{era}{'元' if year - before == 1 else year - before}年"


def _era(day: str) -> tuple[str, int] | None:
    """Return the era of a day, and the western year before its first."""
    return next(((era, before) for start, era, before in _ERAS if day >= start), None)
