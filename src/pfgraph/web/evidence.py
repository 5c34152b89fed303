"""Which printed statements a thing rests on, and how they are put."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import expand
from pfgraph.releases.release import Release
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Solution, str_of
from pfgraph.web.solutions import Cell, cell

_NAMED = ("statement", "modality", "marker", "fragment", "document")


@dataclass(frozen=True)
class Misprint:
    """A misprint in the words of a statement: the erratum, what is printed, and how it is read."""

    erratum: Cell
    printed: str
    adopted: str


@dataclass(frozen=True)
class Evidence:
    """A printed statement that something rests on: our summary of it, how it is put, and where it stands.

    `number` is its place on the page, facts before intentions.
    """

    statement: Cell
    modality: Cell
    is_fact: bool
    sign: str
    document: Cell
    fragment: Cell
    page: str
    row: str
    span: str
    misprints: Sequence[Misprint] = ()
    number: int = 0


async def stated(site: Site, release: Release, iri: str) -> list[Solution]:
    """Return where the statements that a thing rests on are printed; of a statement, where it is itself."""
    return await site.solutions(release, question("evidence", resource=[NamedNode(iri)]))


def mentioned(solutions: Iterable[Solution]) -> set[str]:
    """Return everything in it that has a name."""
    return {str_of(solution[name]) for solution in solutions for name in _NAMED if name in solution}


def evidence(solutions: Sequence[Solution], view: View, labels: Mapping[str, Text]) -> list[Evidence]:
    """Return the statements that a thing rests on for a reader, facts before intentions."""
    # A statement whose fragment has several pages or selectors is still one statement.
    first = {str_of(solution["statement"]): solution for solution in reversed(solutions)}
    misprints = _misprints(solutions, view)
    found = [_evidence(first[each], view, labels, misprints.get(each, {})) for each in sorted(first)]
    ordered = sorted(found, key=lambda each: not each.is_fact)
    return [replace(each, number=number) for number, each in enumerate(ordered, 1)]


def _misprints(solutions: Sequence[Solution], view: View) -> Mapping[str, Mapping[str, Misprint]]:
    """Return the misprints in the words of each statement, in the order of print."""
    found: dict[str, dict[str, Misprint]] = {}
    for solution in solutions:
        if "erratum" in solution:
            erratum = cell(solution["erratum"], view, {})
            misprint = Misprint(erratum, str_of(solution["printed"]), str_of(solution["adopted"]))
            found.setdefault(str_of(solution["statement"]), {}).setdefault(erratum.iri, misprint)
    return found


def _evidence(
    solution: Solution, view: View, labels: Mapping[str, Text], misprints: Mapping[str, Misprint]
) -> Evidence:
    cells = {name: cell(solution.get(name), view, labels) for name in _NAMED}
    said = {name: str_of(term) for name, term in solution.items()}
    span = f"{said['start']}–{said['end']}" if "start" in said and "end" in said else ""
    return Evidence(
        statement=cells["statement"],
        modality=cells["modality"],
        is_fact=solution["modality"] == expand("modality:done"),
        sign=sign(said.get("marker")),
        document=cells["document"],
        fragment=cells["fragment"],
        page=said.get("page", ""),
        row=said.get("row", ""),
        span=span,
        misprints=list(misprints.values()),
    )


def sign(marker: str | None) -> str:
    """Return the printed sign of a marker: ○ for what is, ● for what is to come."""
    signs = {expand("marker:present").value: "○", expand("marker:future").value: "●"}
    return signs.get(marker or "", "")
