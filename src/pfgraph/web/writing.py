"""What every write over HTTP has in common: who may, on which release, and how it is told what became of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pyoxigraph import RdfFormat, parse
from starlette.requests import Request
from starlette.responses import Response

from pfgraph.errors import (
    BadParameter,
    GraphMissing,
    NotFound,
    PfgraphError,
    ShapesViolated,
    Unauthenticated,
    Unauthorized,
    WritesOff,
)
from pfgraph.graph.report import Report
from pfgraph.publish.requests import WriteRequest, Written
from pfgraph.publish.tokens import Grant, Tokens
from pfgraph.publish.writers import Writers
from pfgraph.web import forms
from pfgraph.web.graphs import framed
from pfgraph.web.negotiation import Form, choose, preferences
from pfgraph.web.problems import problem
from pfgraph.web.rendering import View
from pfgraph.web.site import Site
from pfgraph.web.trace import trace

_NO_STORE = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language"}
_PROBLEM = Form("json", "application/problem+json")
_JSON = Form("json", "application/json")
_TURTLE = Form("ttl", "text/turtle")
_LD = Form("jsonld", "application/ld+json")
_REPORTS = (_PROBLEM, _JSON, _TURTLE, _LD, forms.HTML)
_TRUE = {"", "1", "true"}


class Desk:
    """Where writes are taken: checked for what they may do, passed on, and answered."""

    def __init__(self, site: Site, tokens: Tokens, writers: Writers) -> None:
        self.site, self._tokens, self._writers = site, tokens, writers

    @property
    def is_open(self) -> bool:
        """Whether anyone may write."""
        return bool(self._tokens)

    def admit(self, request: Request) -> Grant:
        """Return what the request's token allows, or raise why nothing may be written."""
        if not self.is_open:
            raise WritesOff
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._tokens.grant(token.strip()) if scheme.lower() == "bearer" else None
        if grant is None:
            raise Unauthenticated
        scope = "dry-run" if is_dry(request) else "write"
        if not grant.allows(scope):
            raise Unauthorized(scope)
        return grant

    async def write(self, request: Request, wanted: WriteRequest, body: bytes) -> Written:
        """Return what became of a write."""
        try:
            written = await self._writers.write(wanted, body)
        finally:
            self.site.look()
        trace(request.scope).release = written.release
        return written

    def refused(self, request: Request, error: ShapesViolated) -> Response:
        """Return the report on a write that the shapes do not allow."""
        found, view, report = problem(error), View.of(request), error.report
        trace(request.scope).outcome = found.kind
        assert isinstance(report, Report)  # as the writers' process sent it
        form = _acceptable(request, _REPORTS)
        if form is forms.HTML:
            return self.site.pages.response(
                "report.html", view, {"problem": found, "report": report}, status=422, headers=_NO_STORE
            )
        headers = {**_NO_STORE, "Content-Language": view.lang}
        return Response(self._report(report, form, found.to_json(view.lang), view), 422, headers, form.media_type)

    def _report(self, report: Report, form: Form, details: dict[str, Any], view: View) -> bytes:
        if form is _TURTLE:
            return report.to_turtle().encode()
        if form is _LD:
            triples = (quad.triple for quad in parse(report.to_turtle(), RdfFormat.TURTLE))
            return framed(triples, self.site.release(), view)
        said = described(report, view)
        return _json({**details, "report": said} if form is _PROBLEM else said)

    def answer(self, request: Request, written: Written, status: int, location: str | None = None) -> Response:
        """Return what became of a write: the new release, and for one tried out the report and the difference."""
        view = View.of(request)
        url = view.url(f"/releases/{written.release}")
        headers = {**_NO_STORE, "PFGraph-Release": written.release, "ETag": f'"{written.release}"'}
        if is_dry(request):
            return Response(_json(_tried(written, view)), 200, headers, "application/json")
        headers["Location"] = location or url
        if status == 204:
            return Response(None, 204, headers)
        said = {"release": written.release, "url": url, "changed": written.changed, "judged": written.judged}
        counts = {"added": len(written.added), "removed": len(written.removed)}
        return Response(_json({**said, **counts}), status, headers, "application/json")


def is_dry(request: Request) -> bool:
    """Whether a write is only to be tried out."""
    said = request.query_params.get("dry-run")
    if said is not None and said.lower() not in {*_TRUE, "0", "false"}:
        ja, en = "dry-run の値が正しくありません。", "This is no value for dry-run."
        raise BadParameter("dry-run", ja, en, found=said[:40], expected="true, false", example="true")
    return said is not None and said.lower() in _TRUE


def releases(request: Request) -> tuple[str, ...] | None:
    """Return the releases that If-Match names: by their ids, or by the tags of answers from them."""
    lines = request.headers.getlist("if-match")
    if not lines or "*" in {line.strip() for line in lines}:
        return None
    tags = [tag.strip() for line in lines for tag in line.split(",")]
    # RFC 9110 §13.1.1: the comparison is a strong one, which no weak tag passes.
    return tuple(tag.strip('"').partition("-")[0] for tag in tags if tag.startswith('"'))


def asked(request: Request, grant: Grant, method: str, **more: Any) -> WriteRequest:
    """Return a write with what its headers say."""
    return WriteRequest(method, tuple(sorted(grant.scopes)), on=releases(request), dry=is_dry(request), **more)


def as_not_found(error: GraphMissing) -> NotFound:
    """Return the error for a graph that the address names and that is not there."""
    return NotFound(error.message.text.ja, error.message.text.en, found=error.message.found)


def described(report: Report, view: View) -> dict[str, Any]:
    """Return a report for JSON, each message also in the reader's language."""
    said: dict[str, Any] = json.loads(report.to_json())
    for result in said["results"]:
        result["text"] = result["message"][view.lang]
    return said


def _acceptable(request: Request, offered: tuple[Form, ...]) -> Form:
    """Return the form of a report; whoever accepts none of them is told all the same (RFC 9110 §15.5.7)."""
    try:
        lines = request.headers.getlist("accept")
        return choose(lines, offered) if preferences(lines) else offered[0]
    except PfgraphError:
        return offered[0]


def _tried(written: Written, view: View) -> dict[str, Any]:
    difference = {"added": list(written.added), "removed": list(written.removed)}
    return {"dryRun": True, "release": written.release, "report": described(written.report, view), **difference}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
