"""What is known of one thing, as a reader wants it: in order, with names, facts apart from intentions."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from pfgraph.messages import Text
from pfgraph.namespaces import PF, RDF, base_iri, compact
from pfgraph.releases.release import Release
from pfgraph.web import schema_org
from pfgraph.web.evidence import Evidence, evidence
from pfgraph.web.facts import Group, Pointing, Stage, Writer, stage_of
from pfgraph.web.origins import Footnotes, Origin, named, origins
from pfgraph.web.prefectures import Grid, counted, grid
from pfgraph.web.questions import describing, question
from pfgraph.web.rendering import View
from pfgraph.web.sentences import said, sentence
from pfgraph.web.site import Site, str_of
from pfgraph.web.solutions import Cell
from pfgraph.web.vocabulary import Vocabularies

# How many of the things that point somewhere are on one page of its document.
INCOMING = 200
# Descriptions kept at hand, each of a few hundred triples at most.
_KEPT = 64
# What says where a thing is, or who takes part in it.
_LOCATING = (PF.covers, PF.coreCity, PF.partnerMunicipality, PF.implementer, PF.leadGovernment, PF.participant)


@dataclass(frozen=True)
class Entity:
    """Everything the page about one thing shows."""

    iri: str
    label: Text
    reading: str
    sentence: str
    types: Sequence[Cell]
    stage: Stage | None
    groups: Sequence[Group]
    incoming: Sequence[Pointing]
    evidence: Sequence[Evidence]
    origins: Sequence[Origin]
    stages: Mapping[str, Stage]
    grid: Grid | None
    schema_org: Markup | None


class Documents:
    """The documents of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._vocabularies = Vocabularies(site)
        # Whoever reads a page often asks for its other forms next.
        self._known: OrderedDict[tuple[str, str, int], tuple[list[Triple], int]] = OrderedDict()

    async def triples(self, release: Release, iri: str) -> list[Triple]:
        """Return the first page of what is said of a thing."""
        return (await self.described(release, iri))[0]

    async def described(self, release: Release, iri: str, page: int = 1) -> tuple[list[Triple], int]:
        """Return what is said of a thing, its parts and with it, the names of what is mentioned; and how many pages.

        A part is what a hash IRI of the document names, such as the place of a statement in a text. Where many
        things point here, a page has some of them.
        """
        key = release.id, iri, page
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        found = self._known[key] = await self._asked(release, iri, page)
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    async def _asked(self, release: Release, iri: str, page: int) -> tuple[list[Triple], int]:
        node = NamedNode(iri)
        found = await self._site.solutions(release, question("parts", resource=[node]))
        incoming = sum(int(str_of(solution["incoming"])) for solution in found if "incoming" in solution)
        nodes = [node, *(NamedNode(str_of(solution["part"])) for solution in found if "part" in solution)]
        pages = max(1, -(-incoming // INCOMING))
        if pages == 1:
            return await self._site.graph(release, describing(nodes)), 1
        return await self._paged(release, node, nodes, page), pages

    async def _paged(self, release: Release, node: NamedNode, nodes: Sequence[NamedNode], page: int) -> list[Triple]:
        site = self._site
        told = await site.graph(release, question("outgoing", resource=nodes))
        pointing = await site.solutions(release, question("incoming", resource=[node]))
        for solution in pointing[(page - 1) * INCOMING : page * INCOMING]:
            subject, predicate = solution["subject"], solution["property"]
            if isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode):
                told.append(Triple(subject, predicate, node))
        mentioned = [NamedNode(each) for each in sorted(_iris(told))]
        return list({*told, *await site.graph(release, question("called", resource=mentioned))})

    async def entity(self, release: Release, iri: str, triples: Sequence[Triple], view: View) -> Entity:
        """Return a thing as a reader wants it."""
        site, node = self._site, NamedNode(iri)
        spoken = [triple for triple in triples if triple.subject == node]
        incoming = [t for t in triples if t.object == node and t.subject != node and not _is_statistics(t)]
        properties = sorted({t.predicate.value for t in (*spoken, *incoming)})
        subjects = {str_of(t.subject) for t in incoming if isinstance(t.subject, NamedNode)}
        # None of these waits for another, so they are asked together.
        labels, definitions, stages, vocabulary, statements, found = await asyncio.gather(
            site.labels(release, _iris([*spoken, *incoming])),
            site.definitions(release, properties),
            self._stages(release, {iri, *subjects}, view),
            self._vocabularies.of(release),
            evidence(site, release, iri, view),
            origins(site, release, iri),
        )
        types = [str_of(t.object) for t in spoken if t.predicate == RDF.type]
        places = {path: vocabulary.place(types, path) for path in properties}
        titles = await site.labels(release, [*found.graphs, *(place.group for place in places.values() if place.group)])
        files = named(found, view, titles)
        footnotes = Footnotes(found, files, statements, view)
        writer = Writer(view, labels, definitions, _parts(iri, triples), footnotes)
        told = said(iri, triples, labels, {each: stage.key for each, stage in stages.items()})
        summary = sentence(told, view.lang)
        return Entity(
            iri=iri,
            label=labels.get(iri, Text(compact(iri), compact(iri))),
            reading=_first(spoken, PF.reading),
            sentence=summary,
            types=[writer.cell(NamedNode(each)) for each in sorted(types, key=_ours_first)],
            stage=stages.get(iri),
            groups=writer.groups(spoken, places, titles),
            incoming=writer.incoming(incoming, stages),
            evidence=statements,
            origins=files,
            stages=stages,
            grid=_located(iri, spoken, view),
            schema_org=schema_org.described(told, view.lang, summary),
        )

    async def _stages(self, release: Release, iris: Iterable[str], view: View) -> dict[str, Stage]:
        nodes = [NamedNode(iri) for iri in sorted(iris)[:300]]
        solutions = await self._site.solutions(release, question("stages", resource=nodes))
        labels = await self._site.labels(release, {str_of(solution["stage"]) for solution in solutions})
        return {str_of(s["resource"]): stage_of(s["stage"], view, labels) for s in solutions}


def _located(iri: str, spoken: Iterable[Triple], view: View) -> Grid | None:
    """Return the prefectures of the local governments that a thing is, covers or is done by."""
    found = {t.object.value for t in spoken if t.predicate in _LOCATING and isinstance(t.object, NamedNode)}
    return grid(counted(found or {iri}), view.lang)


def _is_statistics(triple: Triple) -> bool:
    """Whether it is one of the dataset's counts that mentions something; a reader has no use for these here."""
    return isinstance(triple.subject, NamedNode) and triple.subject.value.startswith(f"{base_iri()}dataset#")


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
