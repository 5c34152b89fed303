"""Hot answers are bytes: a bounded cache in front of routing, with ETags, conditions and codings."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import blake2b

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pfgraph.web import encoding
from pfgraph.web.negotiation import coding
from pfgraph.web.trace import Trace, trace

Headers = list[tuple[bytes, bytes]]

# What an answer depends on besides its address; `accept-encoding` counts by the coding it leads to.
_VARYING = (b"accept", b"accept-language", b"accept-datetime", b"accept-profile", b"host")
# RFC 9110 §15.4.5: what a 304 repeats; the rest describes a body that is not sent.
_REPEATED = frozenset(
    {b"cache-control", b"content-location", b"etag", b"link", b"memento-datetime", b"pfgraph-release", b"vary"}
)
# What a header says of the body it stands above, and therefore of no other.
DESCRIBING = frozenset({b"content-encoding", b"content-length", b"etag"})
_SHARE = 8


@dataclass(frozen=True)
class Stored:
    """A complete answer: headers and body as they are sent."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    etag: bytes
    notes: Trace | None = None

    @cached_property
    def size(self) -> int:
        """How much of the cache it takes up, the names and the bookkeeping guessed."""
        return len(self.body) + sum(len(name) + len(value) for name, value in self.headers) + 512


class ByteCache:
    """Answers by key, the least recently used going first once there are too many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._stored: OrderedDict[Hashable, Stored] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        """How many answers there are."""
        return len(self._stored)

    def get(self, key: Hashable) -> Stored | None:
        """Return the answer under a key."""
        found = self._stored.get(key)
        if found is not None:
            self._stored.move_to_end(key)
        return found

    def put(self, key: Hashable, answer: Stored) -> None:
        """Keep an answer, unless it would take up too much of the cache by itself."""
        if answer.size > self._max_bytes // _SHARE:
            return
        self.drop(key)
        self._stored[key] = answer
        self.bytes += answer.size
        while self.bytes > self._max_bytes:
            self.drop(next(iter(self._stored)))

    def drop(self, key: Hashable) -> None:
        """Forget the answer under a key."""
        found = self._stored.pop(key, None)
        if found is not None:
            self.bytes -= found.size


async def stored(
    status: int, headers: Iterable[tuple[bytes, bytes]], body: bytes, coding: str | None, *, tagged: bool
) -> Stored:
    """Return an answer as it is sent and kept: in a coding where that saves something, and with its tag."""
    chosen = coding if encoding.worthwhile(headers, body) else None
    encoded = await encoding.encode(body, chosen)
    described = _described(headers, chosen, len(encoded))
    if not tagged:
        return Stored(status, tuple(described), encoded, b"")
    tag = etag(_release(described), encoded)
    return Stored(status, (*described, (b"etag", tag)), encoded, tag)


class Cached:
    """An application whose complete answers are kept for as long as their release is current.

    HEAD is answered as GET without the body, whether from the cache or not.
    """

    def __init__(self, app: ASGIApp, cache: ByteCache, release_id: Callable[[], str | None]) -> None:
        self._app, self.cache, self._release_id = app, cache, release_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer from the cache, or let the application answer and keep what it said."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Asked(scope)
        release = self._release_id()
        key = (release, *asked.key(scope["query_string"]))
        stored = self.cache.get(key) if asked.readable else None
        if stored is not None:
            _tell(stored, scope)
            await _send_stored(stored, asked, send)
            return
        reply = _Reply(asked, send)
        inner = {**scope, "method": "GET"} if asked.method == "HEAD" else scope
        try:
            await self._app(inner, receive, reply.send)
        except _Enough:
            return
        made = reply.stored
        # A release that was published meanwhile makes it unclear of which one this answer is.
        if made is not None and asked.readable and _keepable(made) and release == self._release_id():
            trace(scope).cache = "miss"
            self.cache.put(key, replace(made, notes=replace(trace(scope), answer=None)))


def _tell(stored: Stored, scope: Scope) -> None:
    """Note what is known of an answer that is sent once more."""
    notes = trace(scope)
    if stored.notes is not None:
        known = stored.notes
        notes.query, notes.form, notes.release, notes.name = known.query, known.form, known.release, known.name
    notes.cache = "hit"


class _Enough(BaseException):
    """A HEAD request has had its headers; no error, so nobody on the way catches it."""


class Asked:
    """What a request says that its answer depends on."""

    def __init__(self, scope: Scope) -> None:
        found: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name, []).append(value)
        self.method = scope["method"]
        self.readable = self.method in {"GET", "HEAD"}
        self.coding = coding([line.decode("latin-1") for line in found.get(b"accept-encoding", ())])
        self._place = scope["scheme"], scope.get("root_path"), scope["path"]
        self._varying = *(b",".join(found.get(name, ())) for name in _VARYING), self.coding
        self.known = b",".join(found.get(b"if-none-match", ()))

    def key(self, query_string: bytes) -> tuple[Hashable, ...]:
        """Return under what an answer at this place is kept, within its release, for the parameters of an address."""
        return *self._place, query_string, self._varying

    def knows(self, etag: bytes) -> bool:
        """Whether the client has this very answer already (RFC 9110 §13.1.2: compared weakly)."""
        tags = (tag.strip().removeprefix(b"W/") for tag in self.known.split(b","))
        return bool(self.known) and any(tag in (b"*", etag) for tag in tags)


class _Reply:
    """One answer on its way out: whole it is encoded, tagged and kept, in pieces it is passed on."""

    def __init__(self, asked: Asked, send: Send) -> None:
        self._asked, self._send = asked, send
        self._start: Message | None = None
        self._pieces: encoding.Encoder | None = None
        self.stored: Stored | None = None

    async def send(self, message: Message) -> None:
        """Pass on one message of the application."""
        if message["type"] == "http.response.start":
            self._start = message
        elif message["type"] != "http.response.body" or self._start is None:
            await self._send(message)
        elif self._pieces is None and not message.get("more_body", False):
            await self._whole(self._start, message.get("body", b""))
        else:
            await self._piece(self._start, message.get("body", b""), message.get("more_body", False))

    async def _whole(self, start: Message, body: bytes) -> None:
        is_tagged = start["status"] == 200 and self._asked.readable
        self.stored = await stored(
            start["status"], start.get("headers", ()), body, self._asked.coding, tagged=is_tagged
        )
        await _send_stored(self.stored, self._asked, self._send)

    async def _piece(self, start: Message, body: bytes, more: bool) -> None:
        if self._pieces is None:
            headers: Headers = list(start.get("headers", ()))
            chosen = self._asked.coding if encoding.compressible(headers) else None
            self._pieces = encoding.Encoder(chosen)
            await self._send({**start, "headers": _described(headers, chosen, None)})
            if self._asked.method == "HEAD":
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
                raise _Enough
        encoded = self._pieces.add(body) if more else self._pieces.add(body) + self._pieces.end()
        if encoded or not more:
            await self._send({"type": "http.response.body", "body": encoded, "more_body": more})


async def _send_stored(stored: Stored, asked: Asked, send: Send) -> None:
    status, headers, body = stored.status, list(stored.headers), stored.body
    if stored.etag and asked.knows(stored.etag):
        status, body = 304, b""
        headers = [(name, value) for name, value in headers if name in _REPEATED]
    elif asked.method == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _described(headers: Iterable[tuple[bytes, bytes]], chosen: str | None, length: int | None) -> Headers:
    """Return headers that fit the encoded body."""
    kept = [(name.lower(), value) for name, value in headers if name.lower() != b"content-length"]
    if chosen:
        kept.append((b"content-encoding", chosen.encode()))
    if length is not None:
        kept.append((b"content-length", b"%d" % length))
    return kept


def etag(release: bytes, body: bytes) -> bytes:
    """Return the tag of an answer: its release, if it has one, and its bytes."""
    digest = blake2b(body, digest_size=12).hexdigest().encode()
    return b'"%s-%s"' % (release, digest) if release else b'"%s"' % digest


def _release(headers: Headers) -> bytes:
    return next((value for name, value in headers if name == b"pfgraph-release"), b"")


def _keepable(answer: Stored) -> bool:
    said = next((value for name, value in answer.headers if name == b"cache-control"), b"no-store")
    return answer.status == 200 and b"no-store" not in said
