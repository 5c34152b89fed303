"""What every route needs: the settings, the current release, and somewhere to ask."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import cast

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
)
from starlette.types import Scope

from pfgraph.errors import PfgraphError, ReleaseError, ResultTooLarge
from pfgraph.messages import Text
from pfgraph.query.engine import Answer, Engine, Request
from pfgraph.releases.history import Move
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
from pfgraph.web.questions import question
from pfgraph.web.rendering import PINNED, Pages

Term = NamedNode | BlankNode | Literal | Triple
Solution = Mapping[str, Term]

# So many IRIs fit into one query, well below the longest that is evaluated.
_OWN_AT_ONCE = 4
_AT_ONCE = 300
# A look at the file system takes longer than to answer from memory.
_LOOK_S = 0.001


class Site:
    """The settings, releases, engine and templates that the routes of one process share."""

    def __init__(self, settings: Settings, shelf: Shelf, engine: Engine) -> None:
        self.settings, self.shelf, self.engine = settings, shelf, engine
        self.pages = Pages()
        # A page asks several things at once; many pages together must not fill the queue for everyone else.
        self._asking = asyncio.Semaphore(_OWN_AT_ONCE)
        self._current_path = str(shelf.home / "current")
        self._seen: tuple[int, int] | None = None
        self._look_at = 0.0
        self._current: Release | None = None
        self._timeline: tuple[object, list[Move]] | None = None

    def release(self, release_id: str | None = None) -> Release:
        """Return a release, by default the current one; raises ReleaseError where there is none."""
        if release_id is not None:
            return self.shelf.get(release_id)
        now = time.monotonic()
        if self._current is None or now >= self._look_at:
            # The pointer changes by a rename, so a look at its inode tells whether to read it.
            seen = self._pointer()
            if self._current is None or seen != self._seen:
                self._current, self._seen = self.shelf.current(), seen
            self._look_at = now + _LOOK_S
        if self._current is None:
            raise ReleaseError(
                "まだ版がありません。",
                "Nothing is published yet.",
                try_=Text("`pfgraph release` で公開してください。", "Publish with `pfgraph release`."),
            )
        return self._current

    def look(self) -> None:
        """Look at once which release is current: whoever has just published one expects to be answered by it."""
        self._look_at = 0.0

    def current_id(self) -> str | None:
        """Return the id of the current release, None where there is none or it cannot be read."""
        try:
            return self.release().id
        except PfgraphError:
            return None

    def asked(self, scope: Scope) -> Release:
        """Return the release that a request is about: the current one, but for requests in one release."""
        return self.release(scope.get(PINNED))

    def timeline(self) -> list[Move]:
        """Return which release was the current one from when on, read again whenever one is published."""
        state = self._pointer(), self._modified("releases"), self._modified("history")
        if self._timeline is None or self._timeline[0] != state:
            self._timeline = state, self.shelf.timeline()
        return self._timeline[1]

    def _modified(self, name: str) -> int | None:
        try:
            return (self.shelf.home / name).stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def _pointer(self) -> tuple[int, int] | None:
        try:
            # Asked for by every request: a path that is joined each time would take longer than the look itself.
            found = os.stat(self._current_path)  # noqa: PTH116
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns

    async def solutions(self, release: Release, query: str) -> list[Solution]:
        """Return the solutions of a SELECT of ours."""
        body = await self._whole(release, query, "application/sparql-results+json")
        found = parse_query_results(body, QueryResultsFormat.JSON)
        solutions = cast(QuerySolutions, found)
        names = [variable.value for variable in solutions.variables]
        return [{name: term for name in names if (term := solution[name]) is not None} for solution in solutions]

    async def graph(self, release: Release, query: str) -> list[Triple]:
        """Return the triples of a CONSTRUCT or DESCRIBE of ours."""
        body = await self._whole(release, query, "application/n-triples")
        return [quad.triple for quad in parse(body, RdfFormat.N_TRIPLES)]

    async def labels(self, release: Release, iris: Iterable[str]) -> dict[str, Text]:
        """Return the Japanese and English names of those of the resources that have one."""
        return await self._texts(release, "labels", iris)

    async def definitions(self, release: Release, iris: Iterable[str]) -> dict[str, Text]:
        """Return the Japanese and English definitions of those of the resources that have one."""
        return await self._texts(release, "definitions", iris)

    async def _texts(self, release: Release, name: str, iris: Iterable[str]) -> dict[str, Text]:
        wanted = sorted(set(iris))
        found: dict[str, dict[str, str]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            nodes = [NamedNode(iri) for iri in wanted[start : start + _AT_ONCE]]
            for solution in await self.solutions(release, question(name, resource=nodes)):
                label = cast(Literal, solution["label"])
                texts = found.setdefault(str_of(solution["resource"]), {})
                texts.setdefault(label.language or "", label.value)
        return {iri: text_of(by_language) for iri, by_language in found.items()}

    async def _whole(self, release: Release, query: str, media_type: str) -> bytes:
        async with self._asking:
            answer = await self.engine.answer(Request(query=query, media_type=media_type, release=release))
            return await whole(answer)


async def whole(answer: Answer, max_bytes: int = 2**26) -> bytes:
    """Return the body of an answer in one piece, or raise ResultTooLarge once it is longer than that."""
    if isinstance(answer.body, bytes):
        return answer.body
    pieces, left = [], max_bytes
    async with closing(answer.body) as body:
        async for piece in body:
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                raise ResultTooLarge(max_bytes)
    return b"".join(pieces)


@asynccontextmanager
async def closing(pieces: AsyncIterator[bytes]) -> AsyncGenerator[AsyncIterator[bytes]]:
    """Lend the pieces of a body, and close where they come from when no more are wanted."""
    try:
        yield pieces
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()


def text_of(by_language: Mapping[str, str]) -> Text:
    """Return both languages of a label, the other one in place of one that is missing."""
    names = sorted(by_language.items())
    ja = by_language.get("ja") or by_language.get("") or names[0][1]
    return Text(ja, by_language.get("en") or ja)


def str_of(term: Term) -> str:
    """Return the IRI, the lexical form or the blank node's label of a term."""
    return str(term) if isinstance(term, Triple) else term.value
