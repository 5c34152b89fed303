"""Names that are near to one that does not exist."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import NamedTuple, cast

from pyoxigraph import Literal

from pfgraph.errors import NotFound
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri
from pfgraph.releases.release import Release
from pfgraph.web.questions import question
from pfgraph.web.site import Site, str_of, text_of

SHOWN = 8
_TOLD = 3
_COMPARED = 5000


class Near(NamedTuple):
    """Something that exists, and what it is called."""

    iri: str
    label: Text


class UnknownResource(NotFound):
    """The release says nothing of this IRI; `near` has what was perhaps meant."""

    def __init__(self, iri: str, near: tuple[Near, ...]) -> None:
        self.near = near
        ja = "、".join(each.label.ja for each in near[:_TOLD])
        en = ", ".join(each.label.en for each in near[:_TOLD])
        super().__init__(
            "この版には、このリソースについての記述がありません。",
            "This release says nothing of this resource.",
            found=iri,
            try_=Text(f"近いもの: {ja}", f"Near to it: {en}") if near else None,
        )


class Names:
    """What things are called in the release that was asked for last."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._release = ""
        self._labels: dict[str, Text] = {}

    async def unknown(self, release: Release, iri: str) -> UnknownResource:
        """Return the error for an IRI of which nothing is said."""
        if self._release != release.id:
            found: dict[str, dict[str, str]] = {}
            for solution in await self._site.solutions(release, question("names")):
                label = cast(Literal, solution["label"])
                found.setdefault(str_of(solution["resource"]), {})[label.language or ""] = label.value
            self._labels = {each: text_of(by_language) for each, by_language in found.items()}
            self._release = release.id
        return UnknownResource(iri, near(iri, self._labels))


def near(iri: str, labels: Mapping[str, Text]) -> tuple[Near, ...]:
    """Return what an IRI was perhaps meant to be: by its key, or by a name somebody wrote in its place."""
    key = iri.rpartition("/")[2]
    named = [each for each, label in labels.items() if key and (key in label.ja or key in label.en)]
    # Only among things of its kind: a code is near to too many others.
    alike = [each for each in labels if _kind(each) == _kind(iri)]
    written = difflib.get_close_matches(iri, alike[:_COMPARED], n=SHOWN, cutoff=0.8)
    found = dict.fromkeys([*sorted(named, key=lambda each: len(labels[each].ja)), *written])
    return tuple(Near(each, labels[each]) for each in list(found)[:SHOWN])


def _kind(iri: str) -> str:
    return iri.removeprefix(base_iri()).rpartition("/")[0]
