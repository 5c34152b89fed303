"""What is asked in the same bytes as before, or in the same but for the query: answered without reading the rest again.

All that a request says beside its query (RFC 9110's fields, the protocol's parameters) leads to the same headers each
time. So the first answer is made by the application, layer by layer, and later ones of its kind take them from it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Hashable
from dataclasses import replace

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pfgraph.errors import PfgraphError
from pfgraph.query.engine import Answer
from pfgraph.query.engine import Request as EngineRequest
from pfgraph.query.reading import SHORT
from pfgraph.query.sparql import inspect
from pfgraph.web import encoding
from pfgraph.web.cache import DESCRIBING, Asked, ByteCache, stored
from pfgraph.web.delivery import cache_control, linked, release_url
from pfgraph.web.operations import Metrics, about
from pfgraph.web.plain import parted, query_of
from pfgraph.web.remembered import ENDING, OK, Alike, Exact, Kept, Kind, lines, status_line
from pfgraph.web.rendering import View
from pfgraph.web.site import Site
from pfgraph.web.trace import HUNG_UP, Trace, trace

# Where a connection leaves the bytes of a request that came in one piece, and nothing else with it.
RAW = "pfgraph.raw"
MAX_REQUEST_BYTES = 8 * 2**10
_MAX_ANSWERS, _MAX_KINDS, _MAX_SEEN = 1024, 256, 2**16
# What takes no longer than this is evaluated once more before it is kept.
_QUICK_S = 0.02
# These are beside the byte cache; an answer larger than this takes its time anyway.
_MAX_BYTES = 16 * 2**10
# What is for the connection, or for what a client has already.
_UNUSUAL = frozenset({b"connection", b"content-length", b"expect", b"if-none-match", b"transfer-encoding", b"upgrade"})
_KEEP_ALIVE = b"keep-alive"


class Swift:
    """An application of which the answers to requests of the same kind are remembered."""

    def __init__(self, app: ASGIApp, site: Site, cache: ByteCache, metrics: Metrics) -> None:
        self._app, self._site, self._cache, self._metrics = app, site, cache, metrics
        self._exact: Kept[Exact] = Kept(_MAX_ANSWERS)
        self._kinds: Kept[Kind] = Kept(_MAX_KINDS)
        self._seen: set[int] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and remember how, if the request came in one piece."""
        raw = scope.get(RAW)
        if raw is None or not _is_usual(scope):
            await self._app(scope, receive, send)
            return
        sent: list[Message] = []

        async def remembering(message: Message) -> None:
            if len(sent) < 3:
                sent.append(message)
            await send(message)

        await self._app(scope, receive, remembering)
        release_id = self._site.current_id()
        if release_id is None or len(sent) != 2 or len(sent[1]["body"]) > _MAX_BYTES:
            return
        if trace(scope).cache == "hit":
            start, body = sent
            noted = self._metrics.repeated(scope, start["status"], len(body["body"]))
            exact = Exact(
                status_line(start["status"]), lines(start["headers"]) + b"\r\n" + body["body"], release_id, noted
            )
            self._exact.put(raw, exact)
        elif trace(scope).cache == "miss":
            self._learn(raw, scope, release_id)

    def _learn(self, raw: tuple[str, bytes], scope: Scope, release_id: str) -> None:
        """Remember the kind of a request of which the answer is as the engine wrote it."""
        peer, data = raw
        notes, parts, asked = trace(scope), parted(data), Asked(scope)
        found = self._cache.get((release_id, *asked.key(scope["query_string"])))
        if notes.plain is None or parts is None or found is None:
            return
        headers = tuple((name, value) for name, value in found.headers if name not in DESCRIBING)
        kind = Kind(
            release_id,
            notes.plain,
            str(notes.form),
            scope["client"][0] if scope.get("client") else "",
            release_url(notes.plain.release, View.of(HTTPConnection(scope))),
            parts.query_string,
            headers,
            tuple(lines(headers).split(parts.query_string)),
            asked.coding,
            asked.key,
            self._metrics.alike(scope, 200, "ok"),
            self._metrics.alike(scope, 0, HUNG_UP),
            # What names a release or a moment itself has answers that speak of others as well.
            notes.plain.release.id == release_id and release_id.encode() not in data and not _names_moment(scope),
        )
        self._kinds.put((peer, parts.path, parts.others, parts.headers, kind.form), kind)

    def known(self, peer: str, data: bytes) -> Exact | Alike | None:
        """Return the answer to a request in the same bytes as one before, or what it asks if one of its kind was."""
        release_id = self._site.current_id()
        exact = self._exact.get((peer, data))
        if exact is not None and exact.release_id == release_id:
            return exact
        return self._alike(peer, data, release_id)

    def _alike(self, peer: str, data: bytes, release_id: str | None) -> Alike | None:
        parts = parted(data)
        if parts is None:
            return None
        try:
            query = query_of(parts)
            operation = inspect(query, self._site.settings.max_query_bytes) if 0 < len(query) <= SHORT else None
        except (UnicodeDecodeError, PfgraphError):
            return None
        if operation is None or cache_control(query) == "no-store":
            return None
        kind = self._kind((peer, parts.path, parts.others, parts.headers, operation.form), release_id)
        if kind is None or self._cache.get((kind.release_id, *kind.key(parts.query_string))) is not None:
            return None
        return Alike(kind, parts.query_string, query, operation)

    def _kind(self, key: Hashable, release_id: str | None) -> Kind | None:
        kind = self._kinds.get(key)
        if kind is None or release_id is None or kind.release_id == release_id:
            return kind
        if not kind.is_lasting:
            return None
        kind = kind.on(self._site.release())
        self._kinds.put(key, kind)
        return kind

    def at_once(self, asked: Alike) -> Exact | None:
        """Return the answer that is had sooner than somebody else could be asked for it, None where there is none."""
        plain, began = asked.kind.plain, time.perf_counter()
        if not plain.is_of_all:
            return None
        found = self._site.engine.at_once(asked.query, asked.operation, plain.form.written_as, plain.release)
        return None if found is None else self._passing(asked, found, began)

    async def answer(self, asked: Alike) -> Exact | Answer | Exception:
        """Return the answer; where there is none, or one too long to hold, what the application is to send."""
        began = time.perf_counter()
        try:
            return await self._answer(asked, began)
        except asyncio.CancelledError:
            asked.kind.hung_up.note(time.perf_counter() - began, about(asked.query, 0, None))
            raise
        except Exception as error:
            return error

    async def _answer(self, asked: Alike, began: float) -> Exact | Answer:
        kind = asked.kind
        found = await self._site.engine.answer(_request(asked))
        if not isinstance(found.body, bytes):
            return found
        if (exact := self._passing(asked, found, began)) is not None:
            return exact
        body = linked(found.body, kind.plain.form, kind.url)
        made = await stored(200, kind.headers_for(asked.query_string), body, kind.coding, tagged=True)
        if kind.release_id == self._site.current_id():
            notes = Trace(asked.query, kind.form, kind.plain.release.id)
            self._cache.put((kind.release_id, *kind.key(asked.query_string)), replace(made, notes=notes))
        kind.noted.note(time.perf_counter() - began, about(asked.query, len(made.body), found.rows))
        return Exact(OK, lines(made.headers) + ENDING + made.body)

    def _passing(self, asked: Alike, found: Answer, began: float) -> Exact | None:
        """Return an answer that is sent as it is and not kept, None where it is to be kept."""
        kind = asked.kind
        if not isinstance(found.body, bytes):
            return None
        body = linked(found.body, kind.plain.form, kind.url)
        if (kind.coding is not None and len(body) >= encoding.MIN_BYTES) or not self._is_passing(asked, found):
            return None
        kind.noted.note(time.perf_counter() - began, about(asked.query, len(body), found.rows))
        return kind.plainly(asked.query_string, body)

    def _is_passing(self, asked: Alike, found: Answer) -> bool:
        """Whether an answer that is quickly had again is asked for the first time: it does not push out others."""
        key = hash((asked.kind.key, asked.query_string))
        if found.duration_s > _QUICK_S or key in self._seen:
            return False
        if len(self._seen) >= _MAX_SEEN:
            self._seen.clear()
        self._seen.add(key)
        return True


def _is_usual(scope: Scope) -> bool:
    """Whether a request asks for nothing but an answer."""
    fields = scope["headers"]
    return all(name not in _UNUSUAL or (name, value.lower()) == (b"connection", _KEEP_ALIVE) for name, value in fields)


def _names_moment(scope: Scope) -> bool:
    return any(name == b"accept-datetime" for name, _ in scope["headers"])


def _request(asked: Alike) -> EngineRequest:
    kind, operation = asked.kind, asked.kind.plain.operation
    return EngineRequest(
        query=asked.query,
        media_type=kind.plain.form.written_as,
        release=kind.plain.release,
        default_graphs=operation.default_graphs,
        named_graphs=operation.named_graphs,
        timeout_s=operation.timeout_s,
        client=kind.client,
        operation=asked.operation,
    )
