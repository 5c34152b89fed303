"""Answers as responses: bytes in the form that was asked for, and headers that tell the truth about them."""

from __future__ import annotations

import asyncio
import codecs
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

from pyoxigraph import RdfFormat, parse
from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import BodyTooLarge
from pfgraph.namespaces import Namespace
from pfgraph.query.engine import Answer
from pfgraph.releases.release import Release
from pfgraph.web import rows
from pfgraph.web.answers import Streamed
from pfgraph.web.forms import EXCEL, HTML, content_type
from pfgraph.web.graphs import JSON_LD, as_json_ld, context_link
from pfgraph.web.negotiation import Form
from pfgraph.web.rendering import View
from pfgraph.web.site import closing, whole

VARY = "Accept, Accept-Language, Accept-Encoding"
PROV = Namespace("prov")
NT = "application/n-triples"
# JSON-LD is made in this process and all at once, so there is less of it.
FRAMED_BYTES = 8 * 2**20
_CHANGING = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\s*\(", re.IGNORECASE)
# What stays one line of header whatever a file or a query is called.
_FILE_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


def release_headers(release: Release, view: View) -> dict[str, str]:
    """Return the headers that say which release an answer is from, and on what it depends."""
    provenance = f'<{release_url(release, view)}>; rel="{PROV.has_provenance.value}"'
    return {"PFGraph-Release": release.id, "Link": provenance, "Vary": VARY, "Cache-Control": "no-cache"}


def release_url(release: Release, view: View) -> str:
    """Return the address of what is known of a release."""
    return view.url(f"/releases/{release.id}")


def asked_syntax(form: Form) -> str:
    """Return the media type to ask of the engine for the sake of a form."""
    return NT if form.written_as == JSON_LD else form.written_as


def cache_control(query: str) -> str:
    """Return `no-store` for a query whose answer changes by itself, else `no-cache`: ask again, by ETag."""
    # Most queries call nothing, and to find that out is quicker than to look for a name.
    return "no-store" if "(" in query and _CHANGING.search(query) else "no-cache"


async def deliver(answer: Answer, form: Form, release: Release, view: View, headers: Mapping[str, str]) -> Response:
    """Return an answer as a response; large ones as a stream that is cut off where it fails."""
    sent = {**release_headers(release, view), **headers}
    if form.written_as == JSON_LD:
        sent["Link"] += context_link(form, view)
        return Response(await _json_ld(answer, form, release, view), 200, sent, content_type(form))
    url = release_url(release, view)
    found = _begun_with(answer.body, lambda piece: linked(piece, form, url))
    if form is EXCEL:
        found = _begun_with(_guarded(found), lambda piece: codecs.BOM_UTF8 + piece)
    if isinstance(found, bytes):
        return Response(found, 200, sent, content_type(form))
    return Streamed(found, sent, content_type(form), answer.stream_s)


async def _json_ld(answer: Answer, form: Form, release: Release, view: View) -> bytes:
    body = await whole(answer, FRAMED_BYTES)

    def document() -> bytes:
        return as_json_ld((quad.triple for quad in parse(body, RdfFormat.N_TRIPLES)), form, release, view)

    return await asyncio.to_thread(document)


# As the engine begins all results in JSON.
_HEAD = b'{"head":{'
Body = bytes | AsyncIterator[bytes]


def is_plain(form: Form) -> bool:
    """Whether answers in a form are sent as the engine writes them, but for the link in JSON results."""
    return form.written_as != JSON_LD and form not in (HTML, EXCEL)


def linked(first: bytes, form: Form, url: str) -> bytes:
    """Return the first piece of a body; that of JSON results links to their release (Results JSON §3.1.2)."""
    if not form.written_as.endswith("results+json"):
        return first
    link = b'"link":[' + json.dumps(url).encode() + b"]"
    # The empty head of an ASK wants no comma behind the link.
    comma = b"" if first.startswith(_HEAD + b"}") else b","
    return first.replace(_HEAD, _HEAD + link + comma, 1)


def _begun_with(body: Body, change: Callable[[bytes], bytes]) -> Body:
    """Return a body whose first piece is changed."""
    return change(body) if isinstance(body, bytes) else _first_changed(body, change)


def _guarded(body: Body) -> Body:
    """Return CSV in which no cell is a formula, for a spreadsheet program."""
    guard = rows.Guard()
    return guard.add(body) + guard.end() if isinstance(body, bytes) else _pieces_guarded(body, guard)


async def _pieces_guarded(pieces: AsyncIterator[bytes], guard: rows.Guard) -> AsyncGenerator[bytes]:
    async with closing(pieces) as body:
        async for piece in body:
            if safe := guard.add(piece):
                yield safe
    yield guard.end()


async def _first_changed(pieces: AsyncIterator[bytes], change: Callable[[bytes], bytes]) -> AsyncGenerator[bytes]:
    first = True
    async with closing(pieces) as body:
        async for piece in body:
            yield change(piece) if first else piece
            first = False


def disposition(name: str, form: Form) -> dict[str, str]:
    """Return the header that gives a saved answer its file name."""
    extension = "csv" if form.name == "excel" else form.name
    if not _FILE_NAME.fullmatch(name):
        return {}
    return {"Content-Disposition": f'inline; filename="{name}.{extension}"'}


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the body of a request, or raise BodyTooLarge before more than that is read."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise BodyTooLarge(max_bytes)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > max_bytes:
            raise BodyTooLarge(max_bytes)
    return bytes(body)
