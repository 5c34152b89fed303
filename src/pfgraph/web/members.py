"""The members of a class in a release: which there are, after which, with which values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import Literal, NamedNode

from pfgraph.errors import BadParameter
from pfgraph.namespaces import XSD, prefixes
from pfgraph.releases.release import Release
from pfgraph.web.context import Context, Term
from pfgraph.web.frames import Frame
from pfgraph.web.questions import question
from pfgraph.web.site import Site, str_of

Value = NamedNode | Literal
# As many as a page may have, and one to tell that there are more.
MAX_PAGE = 200
_LEXICAL = {
    "integer": re.compile(r"0|-?[1-9][0-9]*"),
    "boolean": re.compile(r"true|false"),
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "gYearMonth": re.compile(r"[0-9]{4}-[0-9]{2}"),
    "gYear": re.compile(r"[0-9]{4}"),
    "hexBinary": re.compile(r"[0-9a-f]+"),
}


@dataclass(frozen=True)
class Selection:
    """The members of a class whose properties have one of some values each."""

    frame: Frame
    wanted: Mapping[NamedNode, Sequence[Value]] = field(default_factory=dict)

    def values(self) -> dict[str, Sequence[NamedNode | Literal] | Sequence[tuple[Value, Value]]]:
        """Return the rows that a question about the selection is asked with."""
        rows = [(path, value) for path, values in self.wanted.items() for value in values]
        return {
            "class": [NamedNode(self.frame.type)],
            "properties": [Literal(len(self.wanted))],
            "property_value": rows,
        }

    @property
    def question(self) -> str:
        """The name of the question to ask for the selection."""
        return "members-where" if self.wanted else "members"


class Members:
    """The members of classes, in the order of their IRIs."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def after(self, release: Release, selection: Selection, after: str) -> list[str]:
        """Return the IRIs that come after one, up to one more than a page may have."""
        asked = question(selection.question, after=[Literal(after)], **selection.values())
        return [str_of(solution["resource"]) for solution in await self._site.solutions(release, asked)]

    async def first(self, release: Release, selection: Selection) -> list[str]:
        """Return the first member's IRI, if there is a member."""
        return (await self.after(release, selection, ""))[:1]

    async def count(self, release: Release, selection: Selection) -> int:
        """Return how many members there are."""
        asked = question(f"{selection.question}-count", **selection.values())
        return int(str_of((await self._site.solutions(release, asked))[0]["count"]))


def filterable(frame: Frame, context: Context) -> dict[str, Term]:
    """Return the members of a frame that a collection can be filtered by: all but texts in several languages."""
    terms = (context.member(name) for name in frame.members)
    return {term.name: term for term in terms if term.container != "@language"}


def candidates(term: Term, text: str, context: Context) -> list[Value]:
    """Return the terms that a filter's value may mean; raises BadParameter where it can mean none."""
    if term.type == "@id":
        return [_resource(term, text, context)]
    if term.type is not None:
        return [Literal(text, datatype=NamedNode(term.type))]
    typed = [Literal(text, datatype=XSD[name]) for name, form in _LEXICAL.items() if form.fullmatch(text)]
    return [Literal(text), *typed]


def _resource(term: Term, text: str, context: Context) -> NamedNode:
    """Return what a prefixed name or an IRI names: `concept:stage/existing`, `stage:existing`."""
    prefix, colon, local = text.partition(":")
    iri = context.expand(text, vocab=False)
    if iri == text and colon and prefix in prefixes():
        iri = prefixes()[prefix] + local
    try:
        return NamedNode(iri)
    except ValueError as error:
        raise BadParameter(
            term.name,
            "IRI か接頭辞つきの名前で指定してください。",
            "Give an IRI or a prefixed name.",
            found=text[:100],
            example="government:312011",
        ) from error
