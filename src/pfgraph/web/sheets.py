"""Documents as pages: a thing, a term, a concept scheme, the ontology, the shapes, or any named graph."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from pyoxigraph import NamedNode, Triple
from starlette.responses import Response

from pfgraph.errors import NotFound
from pfgraph.namespaces import GRAPH, PF, SKOS
from pfgraph.web.checks import Checks
from pfgraph.web.entities import Entities
from pfgraph.web.ontology import Glossary, Lexicon
from pfgraph.web.questions import question
from pfgraph.web.replies import SUFFIXES, Reply, collection_of, types_of
from pfgraph.web.schema_org import SCHEMA
from pfgraph.web.schemes import tree
from pfgraph.web.site import Site, str_of
from pfgraph.web.solutions import Table, cell, cells

_COLUMNS = ("subject", "predicate", "object")
# So many rows are some 40 KB.
ROWS = 75
_ONTOLOGY, _SHAPES = GRAPH["ontology/pfgraph"], GRAPH["ontology/shapes"]


class Sheets:
    """The pages of one site about what is in a release."""

    def __init__(self, site: Site) -> None:
        self._site, self._entities = site, Entities(site)
        self._known: tuple[str, Lexicon] | None = None

    async def thing(self, reply: Reply, triples: Sequence[Triple]) -> Response:
        """Return the page about a thing: a term of the ontology, a concept scheme, or anything else."""
        entity = await self._entities.entity(reply.release, reply.iri, triples, reply.view)
        if SKOS.ConceptScheme.value in types_of(reply.iri, triples):
            branches = await tree(self._site, reply.release, reply.iri, reply.view)
            entity = replace(entity, incoming=[f for f in entity.incoming if f.name.iri not in SKOS])
            return self._page("scheme.html", reply, triples, entity=entity, tree=branches)
        if reply.iri in PF:
            return self._page("term.html", reply, triples, entity=entity, **await self._term(reply))
        return self._page("entity.html", reply, triples, entity=entity)

    async def schema_org(self, reply: Reply, triples: Sequence[Triple]) -> Response | None:
        """Return a thing as JSON-LD in the words of schema.org, or None where it has none for it."""
        entity = await self._entities.entity(reply.release, reply.iri, triples, reply.view)
        if entity.schema_org is None:
            return None
        headers = {**reply.headers(triples), "Content-Profile": f"<{SCHEMA!s}>"}
        return Response(str(entity.schema_org), 200, headers, reply.form.media_type)

    async def graph(self, reply: Reply, contents: Sequence[Triple], said: Sequence[Triple]) -> Response:
        """Return the page about a named graph: what it is, and its triples page by page."""
        if reply.path == "/ns":
            return await self._ontology(reply, contents)
        if reply.path == "/shapes":
            return await self._shapes(reply, contents)
        if reply.path == "/dataset":
            # Its thousands of counts have pages of their own.
            return await self.thing(reply, [t for t in contents if NamedNode(reply.iri) in (t.subject, t.object)])
        shown = replace(paged(reply, -(-len(contents) // ROWS)), is_whole=True)
        ordered = sorted(contents, key=str)[(shown.page - 1) * ROWS : shown.page * ROWS]
        table = Table(_COLUMNS, tuple((t.subject, t.predicate, t.object) for t in ordered))
        labels = await self._site.labels(reply.release, {*table.iris(), reply.iri})
        node = NamedNode(reply.iri)
        about = [t for t in (*contents, *said) if node in (t.subject, t.object)]
        entity = await self._entities.entity(reply.release, reply.iri, about, reply.view)
        rows = cells(table, reply.view, labels)
        return self._page("named_graph.html", shown, about, entity=entity, rows=rows, total=len(contents))

    async def _ontology(self, reply: Reply, triples: Sequence[Triple]) -> Response:
        lexicon = await self._lexicon(reply)
        solutions = await self._site.solutions(reply.release, question("schemes"))
        schemes = [str_of(solution["scheme"]) for solution in solutions]
        named = await self._site.labels(reply.release, schemes)
        title = reply.view.text(lexicon.labels[reply.iri]) if reply.iri in lexicon.labels else ""
        shown = [cell(NamedNode(each), reply.view, named) for each in schemes]
        terms = Glossary(lexicon, reply.view).ontology()
        return self._page("ontology.html", reply, triples, title=title, ontology=terms, schemes=shown)

    async def _term(self, reply: Reply) -> dict[str, object]:
        lexicon = await self._lexicon(reply)
        glossary, of_class = Glossary(lexicon, reply.view), reply.iri in lexicon.classes
        query = question("instances", resource=[NamedNode(reply.iri)])
        solutions = await self._site.solutions(reply.release, query)
        columns = ("subject",) if of_class else ("subject", "value")
        table = Table(columns, tuple(tuple(each.get(name) for name in columns) for each in solutions))
        labels = await self._site.labels(reply.release, table.iris())
        return {
            "entry": glossary.entry(reply.iri),
            "numbers": glossary.numbers(reply.iri),
            "of_class": of_class,
            "used": cells(table, reply.view, labels),
            "asked": query,
            "collection": collection_of(reply.release, [reply.iri]),
        }

    async def _lexicon(self, reply: Reply) -> Lexicon:
        """Return what the release that was asked for last says of its terms."""
        if self._known is None or self._known[0] != reply.release.id:
            site, release = self._site, reply.release
            triples = await site.graph(release, question("contents", graph=[_ONTOLOGY]))
            shapes = await site.graph(release, question("contents", graph=[_SHAPES]))
            spoken = (each for t in (*triples, *shapes) for each in (t.subject, t.object))
            iris = {each.value for each in spoken if isinstance(each, NamedNode)}
            terms = [NamedNode(iri) for iri in sorted(iris) if iri in PF]
            counted = await site.solutions(release, question("uses", resource=terms))
            uses = {str_of(each["resource"]): int(str_of(each["count"])) for each in counted if "resource" in each}
            labels = await site.labels(release, iris)
            self._known = release.id, await asyncio.to_thread(Lexicon, triples, shapes, uses, labels)
        return self._known[1]

    async def _shapes(self, reply: Reply, triples: Sequence[Triple]) -> Response:
        iris = {t.object.value for t in triples if isinstance(t.object, NamedNode)}
        labels = await self._site.labels(reply.release, {*iris, reply.iri})
        title = reply.view.text(labels[reply.iri]) if reply.iri in labels else reply.view.say("形状", "Shapes")
        groups = Checks(triples, reply.view, labels).groups()
        return self._page("shapes.html", reply, triples, title=title, groups=groups)

    def _page(self, template: str, reply: Reply, triples: Sequence[Triple], **page: object) -> Response:
        known = {"release": reply.release, "iri": reply.iri, "path": reply.path, "forms": SUFFIXES, "reply": reply}
        return self._site.pages.response(template, reply.view, {**known, **page}, headers=reply.headers(triples))


def paged(reply: Reply, pages: int) -> Reply:
    """Return a reply that knows how many pages there are; raises NotFound for a page that is not there."""
    pages = max(1, pages)
    if reply.page > pages:
        found, expected = str(reply.page), f"1–{pages}"
        raise NotFound("このページはありません。", "There is no such page.", found=found, expected=expected)
    return replace(reply, pages=pages)
