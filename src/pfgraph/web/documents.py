"""The documents: what is said of a thing, its parts and with it, and the names of all that is mentioned."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence

from pyoxigraph import BlankNode, NamedNode, Triple

from pfgraph.releases.release import Release
from pfgraph.web.questions import describing, question
from pfgraph.web.site import Site, str_of

# How many of the things that point somewhere are on one page of its document.
INCOMING = 200
# Descriptions kept at hand, each of a few hundred triples at most.
_KEPT = 64


class Documents:
    """The documents of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
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
        mentioned = [NamedNode(each) for each in sorted(iris(told))]
        return list({*told, *await site.graph(release, question("called", resource=mentioned))})


def iris(triples: Iterable[Triple]) -> set[str]:
    """Return every IRI in triples."""
    terms = (term for t in triples for term in (t.subject, t.predicate, t.object))
    return {term.value for term in terms if isinstance(term, NamedNode)}
