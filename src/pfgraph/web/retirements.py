"""IRIs that were withdrawn: why, and what took their place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urlsplit

from pyoxigraph import Literal

from pfgraph.errors import Gone, Moved, RequestError
from pfgraph.messages import Text
from pfgraph.namespaces import ID
from pfgraph.releases.release import Release
from pfgraph.web.questions import question
from pfgraph.web.rendering import View, ascii_iri, local_path
from pfgraph.web.site import Site, str_of, text_of

_GONE = Text("このIRIは廃止されました。", "This IRI was withdrawn.")
_MOVED = Text("このIRIは別のIRIに改められました。", "This IRI was replaced by another one.")


@dataclass
class Retired:
    """A withdrawn IRI: its successor, if it has one, and the reason by language."""

    successor: str | None = None
    notes: dict[str, str] = field(default_factory=dict)

    def told(self, iri: str, view: View, below: str, suffix: str) -> RequestError:
        """Return how this is told to whoever asked: where below a path the successor is, or that there is none."""
        why = text_of(self.notes) if self.notes else Text("", "")
        if self.successor is None:
            return Gone(_GONE.ja + why.ja, " ".join(filter(None, (_GONE.en, why.en))), found=iri)
        path = local_path(self.successor)
        inside = self.successor in ID and path is not None
        address = view.url(f"{below}{self.successor.removeprefix(str(ID))}{suffix}") if inside else self.successor
        words = Text(_MOVED.ja + why.ja, " ".join(filter(None, (_MOVED.en, why.en))))
        return Moved(words, found=iri, successor=self.successor, location=ascii_iri(address))


class Retirements:
    """The retirements of the release that was asked for last."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._found: tuple[str, Mapping[str, Retired]] = ("", {})

    async def of(self, release: Release, iri: str) -> Retired | None:
        """Return the retirement of an IRI, if it was withdrawn."""
        if self._found[0] != release.id:
            self._found = release.id, await self._read(release)
        return self._found[1].get(iri)

    async def _read(self, release: Release) -> Mapping[str, Retired]:
        found: dict[str, Retired] = {}
        for solution in await self._site.solutions(release, question("retired")):
            retired = found.setdefault(str_of(solution["resource"]), Retired())
            # The first of several successors is where a reader is sent; the graph tells of all.
            successor = str_of(solution["successor"]) if "successor" in solution else ""
            if urlsplit(successor).scheme in {"http", "https"}:
                retired.successor = retired.successor or successor
            if "note" in solution:
                note = cast(Literal, solution["note"])
                retired.notes[note.language or ""] = note.value
        return found
