"""Where each value on a page is from: the printed statements it rests on, the file it is kept in, or a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import NamedNode

from pfgraph.messages import Text
from pfgraph.namespaces import GRAPH, PF, SKOS
from pfgraph.releases.release import Release
from pfgraph.web.evidence import Evidence
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Term, str_of
from pfgraph.web.solutions import Cell, cell

DERIVED = GRAPH["derived"].value
_RULES = Text("規則から導かれた値", "Values derived by rules")
# What is ours to say, and rests on nothing printed.
_OWN = frozenset({SKOS.note.value, SKOS.editorialNote.value})
# With more statements than this, a footnote leads to all of them.
_SHOWN = 3


@dataclass(frozen=True)
class Mark:
    """A footnote's mark: what is printed, where it leads, and what it says in words."""

    text: str
    href: str
    title: str


@dataclass(frozen=True)
class Origin:
    """A file that holds values of a thing: the letter it goes by on the page, and what it is called."""

    letter: str
    file: Cell
    iri: str


@dataclass(frozen=True)
class Origins:
    """Which named graphs hold the values of a thing."""

    of_value: Mapping[tuple[str, str], Sequence[str]]
    graphs: Sequence[str]

    def holding(self, path: str, value: Term) -> Sequence[str]:
        """Return the graphs that hold a value of a property."""
        return self.of_value.get((path, str(value)), ())


async def origins(site: Site, release: Release, iri: str) -> Origins:
    """Return where what is said of a thing is from."""
    found: dict[tuple[str, str], list[str]] = {}
    graphs: dict[str, None] = {}
    for solution in await site.solutions(release, question("origins", resource=[NamedNode(iri)])):
        graph = str_of(solution["graph"])
        graphs[graph] = None
        found.setdefault((str_of(solution["property"]), str(solution["value"])), []).append(graph)
    return Origins(found, sorted(graphs, key=lambda each: (each == DERIVED, each)))


def named(found: Origins, view: View, labels: Mapping[str, Text]) -> list[Origin]:
    """Return the files of a thing with their letters; what is derived comes last."""
    told = []
    for place, iri in enumerate(found.graphs):
        file = cell(NamedNode(iri), view, labels)
        told.append(Origin(_letter(place), replace(file, text=view.text(_RULES)) if iri == DERIVED else file, iri))
    return told


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else f"a{place}"


class Footnotes:
    """The footnotes of a page about a thing."""

    def __init__(self, found: Origins, files: Sequence[Origin], statements: Sequence[Evidence], view: View) -> None:
        self._found, self._view = found, view
        self._files = {each.iri: each for each in files}
        self._numbers = {each.statement.iri: each.number for each in statements}
        self._stating: dict[str, list[int]] = {}
        for iri, number in self._numbers.items():
            for graph in found.holding(PF.statedIn.value, NamedNode(iri)):
                self._stating.setdefault(graph, []).append(number)
        # Where everything is from one file and rests on no statement, marks would say the same at every value.
        self._telling = bool(self._stating) or len(found.graphs) > 1

    def of(self, path: str, value: Term) -> list[Mark]:
        """Return the marks of a value: statements where its file names some, the file itself where not."""
        if not self._telling or path in _OWN:
            return []
        graphs = self._found.holding(path, value)
        numbers = sorted({number for graph in graphs for number in self._stating.get(graph, ())})
        files = [self._files[graph] for graph in graphs if graph not in self._stating]
        sources = [each for each in files if each.iri != DERIVED]
        # What a file says needs no rule to be so.
        return [*self._statements(numbers), *map(self._file, sources or ([] if numbers else files))]

    def _statements(self, numbers: Sequence[int]) -> list[Mark]:
        say = self._view.say
        if len(numbers) > _SHOWN:
            text = f"{numbers[0]}–{numbers[-1]}"
            return [Mark(text, "#evidence", say(f"根拠となる記述 {text}", f"Rests on statements {text}"))]
        told = ((n, say(f"根拠となる記述 {n}", f"Rests on statement {n}")) for n in numbers)
        return [Mark(str(n), f"#evidence-{n}", title) for n, title in told]

    def _file(self, origin: Origin) -> Mark:
        text = self._view.say("導出", "derived") if origin.iri == DERIVED else origin.letter
        return Mark(text, f"#origin-{origin.letter}", origin.file.text)
