"""SPARQL 1.1 Update over HTTP: one request, the release it leads to."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import BadParameter, MethodNotAllowed, ShapesViolated, UnsupportedMediaType
from pfgraph.messages import Text
from pfgraph.publish.requests import UPDATE
from pfgraph.web import delivery, protocol
from pfgraph.web.negotiation import preferences
from pfgraph.web.protocol import FORM, Fields
from pfgraph.web.writing import Desk, asked

DIRECT = "application/sparql-update"
ACCEPTED = (DIRECT, FORM)
_OF_QUERIES = ("query", "default-graph-uri", "named-graph-uri")


class Updates:
    """The update endpoint of one site."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def respond(self, request: Request) -> Response:
        """Carry out an update request, and return which release it led to."""
        if request.method != "POST" and self._desk.is_open:
            raise MethodNotAllowed(request.method, ["OPTIONS", "POST"])
        grant = self._desk.admit(request)
        body = await delivery.read_body(request, self._desk.site.settings.max_body_bytes)
        fields = _fields(request, body)
        using = {"using": _graphs(fields, "using-graph-uri"), "using_named": _graphs(fields, "using-named-graph-uri")}
        try:
            written = await self._desk.write(request, asked(request, grant, UPDATE, **using), _text(fields).encode())
        except ShapesViolated as error:
            return self._desk.refused(request, error)
        return self._desk.answer(request, written, 200)


def _fields(request: Request, body: bytes) -> Fields:
    """Return what a request says as fields: those of its URL and its form, or its body as the update."""
    types = preferences([request.headers.get("content-type", "")])
    kind = types[0].range if len(types) == 1 else ""
    if kind not in ACCEPTED:
        raise UnsupportedMediaType((request.headers.get("content-type") or "-")[:100], ACCEPTED)
    charset = types[0].parameters.get("charset", "utf-8").lower()
    if charset not in protocol.UTF8:
        raise UnsupportedMediaType(f"charset={charset[:40]}", [f"{each}; charset=utf-8" for each in ACCEPTED])
    fields = protocol.fields(request.scope["query_string"], "URL")
    if any(name == "update" for name, _ in fields):
        # SPARQL 1.1 Protocol §2.2: an update is sent by POST, in the body.
        raise BadParameter("update", "更新は本文で送ってください。", "An update is sent in the body.")
    if kind == DIRECT:
        return [*fields, ("update", protocol.text(body, "body").removeprefix("\ufeff"))]
    return [*fields, *protocol.fields(body, "form")]


def _text(fields: Fields) -> str:
    for name in _OF_QUERIES:
        if any(key == name for key, _ in fields):
            raise BadParameter(name, "これは問い合わせの欄です。", "This field belongs to a query.")
    updates = [value for name, value in fields if name == "update"]
    if len(updates) != 1:
        found, expected = f"update × {len(updates)}", "update × 1"
        ja, en = "更新はちょうど一つ送ってください。", "Send exactly one update."
        try_ = Text("操作は ; で並べられます。", "Operations can be put in a row with ;.")
        raise BadParameter("update", ja, en, found=found, expected=expected, try_=try_)
    return updates[0]


def _graphs(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(protocol.iri(name, value) for key, value in fields if key == name))
