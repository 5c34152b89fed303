"""The page that documents the contract, whose requests are put to this very site when it is written."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message

from pfgraph.messages import Text
from pfgraph.namespaces import Namespace
from pfgraph.web import delivery
from pfgraph.web.rendering import View
from pfgraph.web.site import Site

_JSONLD = Namespace("jsonld")
SHOWN_LINES = 32


@dataclass(frozen=True)
class Asked:
    """A request that the page shows: what it is for, the address, and what is accepted."""

    key: str
    title: Text
    text: Text
    path: str
    accept: str = ""


@dataclass(frozen=True)
class Answered:
    """A request and what was answered: status, type, and the first lines of the body, of how many."""

    asked: Asked
    status: int
    media_type: str
    lines: tuple[str, ...]
    total: int


def asked() -> tuple[Asked, ...]:
    """Return the requests, in the order in which an application meets them."""
    flattened = f'application/ld+json;profile="{_JSONLD.flattened.value}"'
    return (
        Asked("document", *_DOCUMENT, "/doc/count/programme-2023-all.jsonld"),
        Asked("collection", *_COLLECTION, "/collections/Initiative?stage=stage:planned&limit=2", "application/json"),
        Asked("schema", *_SCHEMA, "/schema/Membership.json"),
        Asked("frame", *_FRAME, "/frames/Membership.jsonld"),
        Asked("query", *_QUERY, "/queries/government.jsonld?code=312011"),
        Asked("profile", *_PROFILE, "/doc/fy/2023", flattened),
        Asked("problem", *_PROBLEM, "/collections/Platfrom", "application/json"),
    )


class Guide:
    """The documentation of one site."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def respond(self, request: Request) -> Response:
        """Return the page, with the answers that this site gives now."""
        release, view = self._site.release(), View.of(request)
        answered = [await _answer(request, each) for each in asked()]
        headers = delivery.release_headers(release, view)
        page = {"release": release, "answered": answered}
        return self._site.pages.response("guide.html", view, page, headers=headers)


async def _answer(request: Request, asked: Asked) -> Answered:
    """Return what the application answers to a request."""
    status, headers, body = await _ask(cast(ASGIApp, request.app), request.scope, asked)
    lines = body.decode().splitlines()
    shown = tuple(lines[:SHOWN_LINES])
    return Answered(asked, status, headers.get("content-type", ""), shown, len(lines))


async def _ask(app: ASGIApp, scope: Mapping[str, Any], asked: Asked) -> tuple[int, dict[str, str], bytes]:
    """Put a request to the application, as a client at the same address would."""
    path, _, query = asked.path.partition("?")
    root = scope.get("root_path", "")
    headers = [(name, value) for name, value in scope["headers"] if name in {b"host", b"x-forwarded-proto"}]
    inner = {
        **{key: scope[key] for key in ("type", "asgi", "http_version", "scheme", "server", "client") if key in scope},
        "method": "GET",
        "root_path": root,
        "path": root + path,
        "raw_path": (root + path).encode(),
        "query_string": query.encode(),
        "headers": [*headers, *([(b"accept", asked.accept.encode())] if asked.accept else [])],
    }
    sent: list[Message] = []

    left: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        # There is no more to come, and nobody hangs up.
        return left.pop() if left else await asyncio.Future()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(inner, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    found = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]}
    return start["status"], found, b"".join(message.get("body", b"") for message in sent)


_DOCUMENT = (
    Text("1件を得る", "Get one thing"),
    Text(
        "IRI の末尾に .jsonld を付けるか、Accept で application/ld+json を求めます。"
        "値として現れるものには、必ず id と名称（label・prefLabel・summary のどれか）が付きます。",
        "Add .jsonld to the address, or accept application/ld+json. "
        "Whatever stands as a value has its id and its name: label, prefLabel or summary.",
    ),
)
_COLLECTION = (
    Text("一覧を得る", "Get many"),
    Text(
        "クラスごとの一覧です。項目名=値で絞り込み、limit で件数を決め、next をたどります。"
        "next は同じ版の続きを指すので、途中で新しい版が出ても順序は変わりません。",
        "All things of a class. Filter by member=value, set the page size by limit, and follow next: "
        "it stays in the same release, so that a newer one does not change the order under you.",
    ),
)
_SCHEMA = (
    Text("型を知る", "Know the types"),
    Text(
        "SHACL の形状から作った JSON Schema（2020-12）です。この版のすべての文書が適合することを試験しています。",
        "JSON Schema (2020-12), generated from the SHACL shapes. Every document of a release is tested against it.",
    ),
)
_FRAME = (
    Text("項目とその順序を知る", "Know the members and their order"),
    Text(
        "クラスごとの JSON-LD フレームです。文書の項目はこの順に並びます。",
        "The JSON-LD frame of a class. The members of a document come in this order.",
    ),
)
_QUERY = (
    Text("グラフを返す問い", "Questions that return a graph"),
    Text(
        "CONSTRUCT の問いの答えは、graph の中に並びます。",
        "The answer to a question that constructs a graph is a list, under graph.",
    ),
)
_PROFILE = (
    Text("ほかの並べ方", "Other layouts"),
    Text(
        "Accept の profile で、framed（既定）・compacted・flattened・expanded を選べます。",
        "The profile parameter of Accept chooses framed (what comes unasked), compacted, flattened or expanded.",
    ),
)
_PROBLEM = (
    Text("誤りの形", "When something is wrong"),
    Text(
        "誤りはすべて RFC 9457 の形で返ります。ja と en に、見つかったものと試すことが入ります。",
        "Every error is problem details (RFC 9457); under ja and en stand what was found and what to try.",
    ),
)
