"""Going back in time by HTTP (RFC 7089): `Accept-Datetime`, `Memento-Datetime`, `Link`, and TimeMaps.

A resource is its own TimeGate and answers at once (§4.1.2, pattern 1.2): asked with `Accept-Datetime`, it answers as
the release of that moment does, and `Content-Location` says where that answer stays for ever.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import partial

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pfgraph.errors import BadParameter, NotFound, ReleaseError
from pfgraph.messages import Text
from pfgraph.releases.history import Move, at, created
from pfgraph.releases.release import Release
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.presence import Presence
from pfgraph.web.rendering import PINNED, RELEASED, View, ascii_iri
from pfgraph.web.site import Site

FOREVER = "public, max-age=31536000, immutable"
LINK_FORMAT = "application/link-format"
_TIMEMAPS = (Form("link", LINK_FORMAT), Form("json", "application/json"))
_ROOT = "/releases/"


class Mementos:
    """An application asked for the release that a request means: by its path, by a moment, or the current one."""

    def __init__(self, app: ASGIApp, site: Site, presence: Presence) -> None:
        self._app, self._site, self._presence = app, site, presence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer for one release, and say when that was."""
        path = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else ""
        release_id, inner = _within(path)
        if path == "" or inner.split("/", 2)[1] not in RELEASED:
            await self._app(scope, receive, send)
            return
        wanted = Headers(scope=scope).get("accept-datetime")
        if release_id is not None:
            found = self._site.release(release_id)
            reply = _Reply(scope, inner, found, partial(self._near, found, inner), fixed=True)
        elif wanted:
            found = self._site.release(_chosen(self._site.timeline(), wanted))
            reply = _Reply(scope, inner, found, partial(self._near, found, inner), fixed=False)
        else:
            await self._app(scope, receive, _Reply(scope, inner, None, None, fixed=False).sending(send))
            return
        root = scope.get("root_path", "")
        inside = {**scope, "path": f"{root}{inner}", "raw_path": f"{root}{inner}".encode(), PINNED: found.id}
        await self._app(inside, receive, reply.sending(send))

    async def _near(self, release: Release, path: str) -> list[Move]:
        """Return the moves to a release, and to the first, last and next releases that have the same resource."""
        moves = self._site.timeline()
        ids = list(dict.fromkeys(move.release_id for move in moves))
        if release.id not in ids:
            return []
        before, after = ids[: ids.index(release.id)], ids[ids.index(release.id) + 1 :]
        near = {release.id}
        for line in (before, reversed(before), after, reversed(after)):
            for each in line:
                if await self._presence.of(self._site.release(each), path):
                    near.add(each)
                    break
        return [move for move in moves if move.release_id in near]


def _within(path: str) -> tuple[str | None, str]:
    """Return the release in a path, if there is one, and the path in that release."""
    if not path.startswith(_ROOT):
        return None, path if path.startswith("/") else f"/{path}"
    release_id, slash, inner = path.removeprefix(_ROOT).partition("/")
    return (release_id, f"/{inner}") if slash and release_id else (None, path)


def _chosen(moves: Sequence[Move], wanted: str) -> str:
    moment = _moment(wanted)
    found = at(moves, moment)
    if found is None:
        raise ReleaseError("まだ版がありません。", "Nothing is published yet.")
    return found


def _moment(text: str) -> datetime:
    """Return the moment of an Accept-Datetime header, which is in the form of RFC 1123 and in GMT."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        moment = None
    # What Python reads besides is none of RFC 7089 §2.1.1.
    if moment is None or moment.tzinfo is None or not text.rstrip().endswith("GMT"):
        ja, en = "日時として読めません。", "This is not a date and time."
        expected = Text("RFC 1123 の日時", "a date and time as in RFC 1123")
        name, example = "Accept-Datetime", "Thu, 31 May 2007 20:35:00 GMT"
        raise BadParameter(name, ja, en, found=text[:60], expected=expected, example=example)
    return moment


class _Reply:
    """The headers that tell a client where in time an answer is."""

    def __init__(
        self,
        scope: Scope,
        inner: str,
        release: Release | None,
        near: Callable[[], Awaitable[Sequence[Move]]] | None,
        *,
        fixed: bool,
    ) -> None:
        # Neither a chosen release nor its paths belong to the original's address.
        self._view = View.of(HTTPConnection({**scope, PINNED: ""}))
        self._query = scope["query_string"].decode("latin-1")
        self._method = scope["method"]
        self._inner, self._release, self._near, self._fixed = inner, release, near, fixed

    def sending(self, send: Send) -> Send:
        """Return a way to send an answer with these headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                message = {**message, "headers": list(message.get("headers", ()))}
                near = () if self._near is None else await self._near()
                self._add(MutableHeaders(scope=message), near)
            await send(message)

        return with_headers

    def _add(self, headers: MutableHeaders, near: Sequence[Move]) -> None:
        links = [headers["link"]] if "link" in headers else []
        original = self._address(self._inner)
        timemap = self._address(f"/timemap{self._inner}")
        links += [f'<{original}>; rel="original timegate"', f'<{timemap}>; rel="timemap"; type="{LINK_FORMAT}"']
        if self._release is not None:
            links += _neighbours(self, self._release, near)
            headers["memento-datetime"] = http_date(created(self._release))
        if self._fixed:
            if "no-store" not in headers.get("cache-control", ""):
                headers["cache-control"] = FOREVER
        else:
            headers.add_vary_header("Accept-Datetime")
            if self._release is not None and self._method != "POST":
                headers["content-location"] = self.memento(self._release.id)
        headers["link"] = ", ".join(links)

    def memento(self, release_id: str) -> str:
        """Return the address of this very resource in a release."""
        return self._address(f"{_ROOT}{release_id}{self._inner}")

    def _address(self, path: str) -> str:
        query = f"?{self._query}" if self._query else ""
        return ascii_iri(self._view.url(path)) + query


def _neighbours(reply: _Reply, release: Release, moves: Sequence[Move]) -> list[str]:
    """Return links to the first and last memento and to those beside this one."""
    ids = list(dict.fromkeys(move.release_id for move in moves))
    if release.id not in ids:
        return []
    place = ids.index(release.id)
    named = {"first": 0, "prev": place - 1, "next": place + 1, "last": len(ids) - 1}
    rels: dict[str, list[str]] = {release.id: []}
    for name, index in named.items():
        if 0 <= index < len(ids):
            rels.setdefault(ids[index], []).append(name)
    moments = {move.release_id: move.moment for move in reversed(moves)}
    moments[release.id] = created(release)
    return [
        f'<{reply.memento(each)}>; rel="{" ".join([*names, "memento"])}"; datetime="{http_date(moments[each])}"'
        for each, names in rels.items()
    ]


def http_date(moment: datetime) -> str:
    """Return a moment as HTTP writes it."""
    return format_datetime(moment.replace(microsecond=0), usegmt=True)


class TimeMaps:
    """For every resource that there is of each release, the list of these."""

    def __init__(self, site: Site, presence: Presence) -> None:
        self._site, self._presence = site, presence

    async def respond(self, request: Request) -> Response:
        """Return the TimeMap of a resource (RFC 7089 §5), as links or as JSON."""
        path = f"/{request.path_params['path']}"
        if path.split("/", 2)[1] not in RELEASED:
            ja, en = "この資源の履歴はありません。", "There is no TimeMap of this."
            raise NotFound(ja, en, found=path[:200], expected="/sparql, /doc/…, /queries/…")
        form = choose(request.headers.getlist("accept"), _TIMEMAPS)
        view = View.of(request)
        query = request.scope["query_string"].decode("latin-1")
        releases = [self._site.release(each) for each in dict.fromkeys(m.release_id for m in self._site.timeline())]
        there = [release for release in releases if await self._presence.of(release, path)]
        if not there:
            ja, en = "どの版にもありません。", "No release has this."
            raise NotFound(ja, en, found=path[:200])
        mementos = [(_queried(view.url(f"{_ROOT}{r.id}{path}"), query), created(r)) for r in there]
        headers = {"Cache-Control": "no-store", "Vary": "Accept"}
        original, own = _queried(view.url(path), query), _queried(view.url(request.scope["path"]), query)
        if form.name == "json":
            body = {
                "original_uri": original,
                "timegate_uri": original,
                "timemap_uri": {"link_format": own},
                "mementos": {"list": [{"uri": uri, "datetime": moment.isoformat()} for uri, moment in mementos]},
            }
            return JSONResponse(body, headers=headers)
        lines = [
            f'<{original}>;rel="original timegate"',
            f'<{own}>;rel="self";type="{LINK_FORMAT}"' + _range([moment for _, moment in mementos]),
            *(
                f'<{uri}>;rel="{_rel(place, len(mementos))}";datetime="{http_date(moment)}"'
                for place, (uri, moment) in enumerate(mementos)
            ),
        ]
        return Response(",\n".join(lines) + "\n", 200, headers, LINK_FORMAT)


def _queried(address: str, query: str) -> str:
    return ascii_iri(address) + (f"?{query}" if query else "")


def _range(moments: Sequence[datetime]) -> str:
    if not moments:
        return ""
    return f';from="{http_date(min(moments))}";until="{http_date(max(moments))}"'


def _rel(place: int, total: int) -> str:
    ends = [*(["first"] if place == 0 else []), *(["last"] if place == total - 1 else [])]
    return " ".join([*ends, "memento"])
