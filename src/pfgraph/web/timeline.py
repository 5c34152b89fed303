"""A thing through the fiscal years: a line of years with a dot for each event, and the events in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from pyoxigraph import Literal, NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import ID
from pfgraph.web.dates import in_words
from pfgraph.web.rendering import View
from pfgraph.web.site import Solution, Term, str_of
from pfgraph.web.solutions import Cell, cell

WIDTH, _LEFT, _RIGHT, _STEP = 352, 24, 328, 14
# A year's name is some 24 wide.
_APART = 30
_MOST = 40
_APRIL = 4
_FY = ID["fy/"].value
Mood = OneOf["fact", "intent"]


@dataclass(frozen=True)
class Event:
    """Something that has a date: when, what, in which fiscal year, and whether it is a fact or an intention."""

    year: int
    written: str
    date: str
    what: Cell
    how: str
    mood: Mood


@dataclass(frozen=True)
class Dot:
    """An event on the line."""

    x: int
    y: int
    mood: Mood


@dataclass(frozen=True)
class Timeline:
    """Events in order, and the drawing that shows them."""

    events: Sequence[Event]
    dots: Sequence[Dot]
    years: Sequence[tuple[int, int]]
    height: int


def events(
    iri: str, standing: Iterable[Solution], stages: Mapping[str, str], view: View, labels: Mapping[str, Text]
) -> list[Event]:
    """Return what has a date among a thing and those that point at it, the earliest first."""
    found = []
    for solution in standing:
        year = fiscal_year(solution["date"]) if "date" in solution else None
        if year is not None:
            what, date = cell(solution["resource"], view, labels), solution["date"]
            words = in_words(date, view.lang) if isinstance(date, Literal) else cell(date, view, labels).text
            how = "" if what.iri != iri else cell(solution["property"], view, labels).text
            mood: Mood = "fact" if stages.get(what.iri, "existing") == "existing" else "intent"
            written = str_of(date) if isinstance(date, Literal) else f"{year}-04"
            found.append(Event(year, written, words or str_of(date), what, how, mood))
    return sorted(found, key=lambda each: (each.year, each.written, not each.how, each.what.text))


def fiscal_year(date: Term) -> int | None:
    """Return the fiscal year, from April to March, that a date or a fiscal year's IRI is in."""
    text = str_of(date)
    if isinstance(date, NamedNode):
        year = text.removeprefix(_FY)
        return int(year) if year.isascii() and year.isdecimal() else None
    year, _, rest = text.partition("-")
    if not (year.isascii() and year.isdecimal()):
        return None
    month = rest[:2]
    return int(year) - (month.isdecimal() and int(month) < _APRIL)


def timeline(found: Sequence[Event]) -> Timeline | None:
    """Return events on a line, or None where a line would show nothing: all in one year, or too many to see."""
    years = sorted({event.year for event in found})
    if len(years) < 2 or len(found) > _MOST:
        return None
    span = years[-1] - years[0]
    place = {year: _LEFT + (_RIGHT - _LEFT) * (year - years[0]) // span for year in years}
    high, stacked = max(Counter(event.year for event in found).values()), Counter[int]()
    dots = []
    for event in found:
        stacked[event.year] += 1
        dots.append(Dot(place[event.year], (high - stacked[event.year]) * _STEP + 10, event.mood))
    named = [years[-1]]
    for year in reversed(years):
        if place[named[-1]] - place[year] >= _APART:
            named.append(year)
    return Timeline(_led(found), dots, [(year, place[year]) for year in reversed(named)], high * _STEP + 24)


def _led(found: Sequence[Event]) -> list[Event]:
    """Return events, each date only where it differs from the one before it."""
    before = ""
    shown = []
    for event in found:
        shown.append(replace(event, date="" if event.date == before else event.date))
        before = event.date
    return shown
