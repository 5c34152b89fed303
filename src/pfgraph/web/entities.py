"""What is known of one thing, as a reader wants it: in order, with names, facts apart from intentions."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from pyoxigraph import Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, base_iri, compact
from pfgraph.releases.release import Release
from pfgraph.web import alike, evidence, schema_org
from pfgraph.web.alike import Alike
from pfgraph.web.crumbs import Crumbs, crumbs
from pfgraph.web.documents import iris
from pfgraph.web.evidence import Evidence
from pfgraph.web.facts import Group, Pointing, Stage, Writer, stage_of
from pfgraph.web.neighbourhood import Neighbourhood, drawn, neighbours
from pfgraph.web.origins import Footnotes, Origin, Origins, named, origins
from pfgraph.web.prefectures import Grid, counted, grid
from pfgraph.web.questions import question
from pfgraph.web.rendering import View
from pfgraph.web.sentences import said, sentence
from pfgraph.web.site import Site, Solution, str_of
from pfgraph.web.solutions import Cell
from pfgraph.web.timeline import Timeline, events, timeline
from pfgraph.web.vocabulary import Place, Vocabularies

# What says where a thing is, or who takes part in it.
_LOCATING = (PF.covers, PF.coreCity, PF.partnerMunicipality, PF.implementer, PF.leadGovernment, PF.participant)
# Of more things than this is not asked how far they have come about.
_MOST = 300


@dataclass(frozen=True)
class Entity:
    """Everything the page about one thing shows."""

    iri: str
    label: Text
    reading: str
    sentence: str
    types: Sequence[Cell]
    crumbs: Crumbs
    stage: Stage | None
    groups: Sequence[Group]
    incoming: Sequence[Pointing]
    evidence: Sequence[Evidence]
    origins: Sequence[Origin]
    stages: Mapping[str, Stage]
    grid: Grid | None
    timeline: Timeline | None
    neighbourhood: Neighbourhood | None
    alike: Sequence[Alike]
    schema_org: Markup | None


@dataclass(frozen=True)
class _Spoken:
    """The triples about one thing: what it says, what points at it, and the classes that it is of."""

    iri: str
    triples: Sequence[Triple]
    outgoing: Sequence[Triple]
    incoming: Sequence[Triple]
    types: Sequence[str]

    @classmethod
    def of(cls, iri: str, triples: Sequence[Triple]) -> _Spoken:
        """Return triples by how they speak of a thing."""
        node = NamedNode(iri)
        outgoing = [triple for triple in triples if triple.subject == node]
        incoming = [t for t in triples if t.object == node and t.subject != node and not _is_statistics(t)]
        return cls(iri, triples, outgoing, incoming, [str_of(t.object) for t in outgoing if t.predicate == RDF.type])

    @property
    def around(self) -> list[Triple]:
        """What the thing says, and what points at it."""
        return [*self.outgoing, *self.incoming]


@dataclass(frozen=True)
class _Found:
    """What else the release was asked about a thing."""

    labels: Mapping[str, Text]
    definitions: Mapping[str, Text]
    standing: Sequence[Solution]
    places: Mapping[str, Place]
    stated: Sequence[Solution]
    origins: Origins
    alike: Sequence[alike.Found]


class Entities:
    """Things of one site as its pages show them."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._vocabularies = Vocabularies(site)

    async def entity(self, release: Release, iri: str, triples: Sequence[Triple], view: View) -> Entity:
        """Return a thing as a reader wants it."""
        spoken = _Spoken.of(iri, triples)
        return _written(release, spoken, await self._found(release, spoken), view)

    async def _found(self, release: Release, spoken: _Spoken) -> _Found:
        site, mentioned = self._site, iris(spoken.around)
        properties = {t.predicate.value for t in spoken.around}
        # None of these waits for another, so they are asked together.
        (labels, definitions, standing), (vocabulary, stated, found, like) = await asyncio.gather(
            asyncio.gather(
                site.labels(release, mentioned),
                site.definitions(release, properties),
                self._standing(release, (mentioned - properties) | {spoken.iri}),
            ),
            asyncio.gather(
                self._vocabularies.of(release),
                evidence.stated(site, release, spoken.iri),
                origins(site, release, spoken.iri),
                alike.alike(site, release, spoken.iri, spoken.types),
            ),
        )
        places = {path: vocabulary.place(spoken.types, path) for path in properties}
        more = {*found.graphs, *alike.mentioned(like), *(place.group for place in places.values() if place.group)}
        more |= evidence.mentioned(stated)
        more |= {term.value for s in standing for term in s.values() if isinstance(term, NamedNode)}
        labels |= await site.labels(release, more - labels.keys())
        labels |= _counts(spoken.iri, standing, labels)
        return _Found(labels, definitions, standing, places, stated, found, like)

    async def _standing(self, release: Release, asked: Iterable[str]) -> list[Solution]:
        """Return how far things have come about, and when they were."""
        nodes = [NamedNode(iri) for iri in sorted(asked)[:_MOST]]
        return await self._site.solutions(release, question("standing", resource=nodes))


def _written(release: Release, spoken: _Spoken, found: _Found, view: View) -> Entity:
    """Return a thing as its page shows it."""
    iri, labels = spoken.iri, found.labels
    files = named(found.origins, view, labels)
    statements = evidence.evidence(found.stated, view, labels)
    footnotes = Footnotes(found.origins, files, statements, view)
    writer = Writer(view, labels, found.definitions, _parts(iri, spoken.triples), footnotes)
    stages = {str_of(s["resource"]): stage_of(s["stage"], view, labels) for s in found.standing if "stage" in s}
    keys = {each: stage.key for each, stage in stages.items()}
    told = said(iri, spoken.triples, labels, keys)
    summary, label = sentence(told, view.lang), labels.get(iri, Text(compact(iri), compact(iri)))
    return Entity(
        iri=iri,
        label=label,
        reading=_first(spoken.outgoing, PF.reading),
        sentence=summary,
        types=[writer.cell(NamedNode(each)) for each in sorted(spoken.types, key=_ours_first)],
        crumbs=crumbs(release, spoken.types, spoken.outgoing, labels, view),
        stage=stages.get(iri),
        groups=writer.groups(spoken.outgoing, found.places, labels),
        incoming=writer.incoming(spoken.incoming, stages),
        evidence=statements,
        origins=files,
        stages=stages,
        grid=_located(iri, spoken.outgoing, view),
        timeline=timeline(events(iri, found.standing, keys, view, labels)),
        neighbourhood=drawn(label, neighbours(spoken.around, NamedNode(iri)), keys, view, labels),
        alike=alike.told(found.alike, view, labels),
        schema_org=schema_org.described(told, view.lang, summary),
    )


def _counts(iri: str, standing: Iterable[Solution], labels: Mapping[str, Text]) -> dict[str, Text]:
    """Return the names of counts with what they count up to, and that not all are named where it is so."""
    found = {}
    for solution in standing:
        counted = str_of(solution["resource"])
        if "count" in solution and counted in labels and counted != iri:
            number, name = str_of(solution["count"]), labels[counted]
            unnamed = "complete" in solution and str_of(solution["complete"]) == "false"
            ja, en = ("（すべての名称は書かれていません）", " (not all of them are named)") if unnamed else ("", "")
            found[counted] = Text(f"{name.ja}: {number}{ja}", f"{name.en}: {number}{en}")
    return found


def _located(iri: str, spoken: Iterable[Triple], view: View) -> Grid | None:
    """Return the prefectures of the local governments that a thing is, covers or is done by."""
    found = {t.object.value for t in spoken if t.predicate in _LOCATING and isinstance(t.object, NamedNode)}
    return grid(counted(found or {iri}), view.lang)


def _is_statistics(triple: Triple) -> bool:
    """Whether it is one of the dataset's counts that mentions something; a reader has no use for these here."""
    return isinstance(triple.subject, NamedNode) and triple.subject.value.startswith(f"{base_iri()}dataset#")


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
