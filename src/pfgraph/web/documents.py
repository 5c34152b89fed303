"""What is known of one thing, as a reader wants it: in order, with names, facts apart from intentions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, RDFS, SKOS, compact
from pfgraph.releases.release import Release
from pfgraph.web.dates import in_words
from pfgraph.web.evidence import Evidence, evidence
from pfgraph.web.questions import describing, question
from pfgraph.web.rendering import View
from pfgraph.web.site import Site, Term, str_of
from pfgraph.web.solutions import Cell, cell
from pfgraph.web.vocabulary import Place, Vocabularies

SHOWN_INCOMING = 50


@dataclass(frozen=True)
class Fact:
    """One property with its values; `total` is how many there are, were they all shown."""

    name: Cell
    definition: str
    values: Sequence[Cell]
    total: int


@dataclass(frozen=True)
class Group:
    """Facts that belong together, under a heading."""

    title: str
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Stage:
    """How far a thing has come about: the key of its stage, and the word for it."""

    key: str
    cell: Cell


@dataclass(frozen=True)
class Entity:
    """Everything the page about one thing shows."""

    iri: str
    label: Text
    reading: str
    types: Sequence[Cell]
    stage: Stage | None
    groups: Sequence[Group]
    incoming: Sequence[Fact]
    evidence: Sequence[Evidence]
    graphs: Sequence[Cell]
    stages: Mapping[str, Stage]


class Documents:
    """The documents of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._vocabularies = Vocabularies(site)

    async def triples(self, release: Release, iri: str) -> list[Triple]:
        """Return what is said of a thing, its parts and with it, and the names of all that is mentioned.

        A part is what a hash IRI of the document names, such as the place of a statement in a text.
        """
        node = NamedNode(iri)
        found = await self._site.solutions(release, question("parts", resource=[node]))
        parts = [NamedNode(str_of(solution["part"])) for solution in found]
        return await self._site.graph(release, describing([node, *parts]))

    async def entity(self, release: Release, iri: str, triples: Sequence[Triple], view: View) -> Entity:
        """Return a thing as a reader wants it."""
        site, node = self._site, NamedNode(iri)
        spoken = [triple for triple in triples if triple.subject == node]
        incoming = [t for t in triples if t.object == node and t.subject != node]
        parts = _parts(iri, triples)
        labels = await site.labels(release, _iris([*spoken, *incoming]))
        properties = sorted({t.predicate.value for t in (*spoken, *incoming)})
        writer = _Writer(view, labels, await site.definitions(release, properties), parts)
        subjects = {str_of(t.subject) for t in incoming if isinstance(t.subject, NamedNode)}
        stages = await self._stages(release, {iri, *subjects}, view)
        types = [str_of(t.object) for t in spoken if t.predicate == RDF.type]
        vocabulary = await self._vocabularies.of(release)
        places = {path: vocabulary.place(types, path) for path in properties}
        titles = await site.labels(release, {place.group for place in places.values() if place.group})
        return Entity(
            iri=iri,
            label=labels.get(iri, Text(compact(iri), compact(iri))),
            reading=_first(spoken, PF.reading),
            types=[writer.cell(NamedNode(each)) for each in sorted(types, key=_ours_first)],
            stage=stages.get(iri),
            groups=writer.groups(spoken, places, titles),
            incoming=writer.incoming(incoming, stages),
            evidence=await evidence(site, release, iri, view),
            graphs=await self._graphs(release, iri, view),
            stages=stages,
        )

    async def _stages(self, release: Release, iris: Iterable[str], view: View) -> dict[str, Stage]:
        nodes = [NamedNode(iri) for iri in sorted(iris)[:300]]
        solutions = await self._site.solutions(release, question("stages", resource=nodes))
        labels = await self._site.labels(release, {str_of(solution["stage"]) for solution in solutions})
        return {str_of(s["resource"]): stage_of(s["stage"], view, labels) for s in solutions}

    async def _graphs(self, release: Release, iri: str, view: View) -> list[Cell]:
        solutions = await self._site.solutions(release, question("graphs", resource=[NamedNode(iri)]))
        names = sorted({str_of(solution["graph"]) for solution in solutions})
        labels = await self._site.labels(release, names)
        return [cell(NamedNode(name), view, labels) for name in names]


def stage_of(stage: Term, view: View, labels: Mapping[str, Text]) -> Stage:
    """Return a stage with its key, which is the end of its IRI."""
    return Stage(str_of(stage).rpartition("/")[2], cell(stage, view, labels))


def _iris(triples: Iterable[Triple]) -> set[str]:
    terms = (term for t in triples for term in (t.subject, t.predicate, t.object))
    return {term.value for term in terms if isinstance(term, NamedNode)}


def _parts(iri: str, triples: Iterable[Triple]) -> dict[str, str]:
    """Return what is said in literals of each part of a thing, which has no page of its own."""
    found: dict[str, list[str]] = {}
    for triple in triples:
        part = str_of(triple.subject) if isinstance(triple.subject, NamedNode) else ""
        if part.startswith(f"{iri}#") and isinstance(triple.object, Literal):
            found.setdefault(part, []).append(triple.object.value)
    return {part: "–".join(sorted(values)) for part, values in found.items()}


def _first(triples: Iterable[Triple], predicate: NamedNode) -> str:
    return next((str_of(t.object) for t in triples if t.predicate == predicate), "")


def _ours_first(iri: str) -> tuple[bool, str]:
    return (iri not in PF, iri)


class _Writer:
    """Writes triples as facts, in one language."""

    def __init__(
        self,
        view: View,
        labels: Mapping[str, Text],
        definitions: Mapping[str, Text],
        parts: Mapping[str, str],
    ) -> None:
        self._view, self._labels, self._definitions, self._parts = view, labels, definitions, parts

    def cell(self, term: Term) -> Cell:
        """Return a term as a reader sees it."""
        written = cell(term, self._view, self._labels)
        if written.iri in self._parts:
            return Cell(self._parts[written.iri])
        words = in_words(term, self._view.lang) if isinstance(term, Literal) else None
        return written if words is None else replace(written, text=words, note=written.text)

    def groups(self, spoken: Iterable[Triple], places: Mapping[str, Place], titles: Mapping[str, Text]) -> list[Group]:
        """Return what is said of the thing, but for what the page says elsewhere, in the shapes' order."""
        # Name and type are the heading, statements are the evidence.
        elsewhere = {RDF.type, RDFS.label, SKOS.prefLabel, PF.reading, PF.statedIn}
        by_path: dict[str, list[Term]] = {}
        for triple in spoken:
            if triple.predicate not in elsewhere:
                by_path.setdefault(triple.predicate.value, []).append(triple.object)
        groups: dict[str, list[Fact]] = {}
        for path in sorted(by_path, key=lambda path: (places[path], path)):
            groups.setdefault(places[path].group, []).append(self._fact(path, by_path[path]))
        other = Text("その他", "Other")
        return [Group(self._view.text(titles.get(name, other)), facts) for name, facts in groups.items()]

    def incoming(self, incoming: Iterable[Triple], stages: Mapping[str, Stage]) -> list[Fact]:
        """Return who points here by which property, what exists first."""
        by_path: dict[str, list[Term]] = {}
        for triple in incoming:
            if isinstance(triple.subject, NamedNode):
                by_path.setdefault(triple.predicate.value, []).append(triple.subject)
        facts = []
        for path, subjects in sorted(by_path.items()):
            ordered = sorted(subjects, key=lambda node: (_stage_rank(stages.get(str_of(node))), str_of(node)))
            shown = [self.cell(node) for node in ordered[:SHOWN_INCOMING]]
            facts.append(Fact(self.cell(NamedNode(path)), self._definition(path), shown, len(subjects)))
        return facts

    def _fact(self, path: str, values: Sequence[Term]) -> Fact:
        return Fact(self.cell(NamedNode(path)), self._definition(path), self._in_language(values), len(values))

    def _in_language(self, values: Sequence[Term]) -> list[Cell]:
        """Return values in the reader's language where they are given in it, else as they are."""
        tagged = {value.language for value in values if isinstance(value, Literal) and value.language}
        wanted = self._view.lang if self._view.lang in tagged else None
        kept = [v for v in values if not (wanted and isinstance(v, Literal) and v.language not in (None, wanted))]
        return sorted((self.cell(value) for value in kept), key=lambda each: (each.text, each.iri))

    def _definition(self, path: str) -> str:
        return self._view.text(self._definitions[path]) if path in self._definitions else ""


_STAGES = ("existing", "planned", "considered", "concept")


def _stage_rank(stage: Stage | None) -> int:
    return _STAGES.index(stage.key) if stage and stage.key in _STAGES else len(_STAGES)
