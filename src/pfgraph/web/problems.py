"""How an error leaves: one status for each, as RFC 9457 problem details or as a page."""

from __future__ import annotations

import json
import logging
import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pfgraph import errors
from pfgraph.errors import PfgraphError
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri
from pfgraph.web.negotiation import Form, Lang, choose
from pfgraph.web.rendering import Pages, View
from pfgraph.web.trace import trace

logger = logging.getLogger(__name__)

# The nearest class in an error's ancestry counts.
STATUS_OF: Mapping[type[PfgraphError], int] = {
    PfgraphError: 500,
    errors.SourceError: 422,
    errors.SourcesRefused: 422,
    errors.ShapesViolated: 422,
    errors.ReleaseError: 503,
    errors.UnknownRelease: 404,
    errors.QueryError: 503,
    errors.MalformedQuery: 400,
    errors.ForbiddenFeature: 403,
    errors.QueryTooLarge: 413,
    errors.TooManyQueries: 429,
    errors.WriteError: 409,
    errors.MalformedGraph: 400,
    errors.Unauthenticated: 401,
    errors.Unauthorized: 403,
    errors.WritesOff: 404,
    errors.NotCurrent: 412,
    errors.WriterLost: 503,
    errors.RequestError: 400,
    errors.Moved: 301,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.NotAcceptable: 406,
    errors.Gone: 410,
    errors.CitationsFull: 507,
    errors.TooManyCitations: 429,
    errors.BodyTooLarge: 413,
    errors.UnsupportedMediaType: 415,
}


class Unexpected(PfgraphError):
    """A fault of ours that nobody foresaw; the log knows more."""

    def __init__(self) -> None:
        super().__init__(
            "サーバー内部で予期しない誤りが起きました。",
            "Something went wrong inside the server.",
            try_=Text("時間をおいて、もう一度お試しください。", "Please try again later."),
        )


def status_of(error: PfgraphError | type[PfgraphError]) -> int:
    """Return the HTTP status of an error, or of a class of errors."""
    return next(STATUS_OF[kind] for kind in _class(error).__mro__ if kind in STATUS_OF)


def kind_of(error: PfgraphError | type[PfgraphError]) -> str:
    """Return the kebab-case name of an error's class: MalformedQuery is `malformed-query`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", _class(error).__name__).lower()


def _class(error: PfgraphError | type[PfgraphError]) -> type[PfgraphError]:
    return error if isinstance(error, type) else type(error)


@dataclass(frozen=True)
class Problem:
    """An error as the web tells it."""

    status: int
    kind: str
    error: PfgraphError
    headers: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def type(self) -> str:
        """The IRI of this kind of problem."""
        return f"{base_iri()}problem/{self.kind}"

    def to_json(self, lang: Lang) -> dict[str, Any]:
        """Return the problem details: title and detail in one language, the parts of the message in both."""
        error = self.error
        title, detail = (error.message.text.ja, error.ja) if lang == "ja" else (error.message.text.en, error.en)
        parts = error.fields()
        by_language = {code: {part: words[code] for part, words in parts.items()} for code in ("ja", "en")}
        head = {"type": self.type, "title": title, "status": self.status, "detail": detail}
        return {**head, **by_language, **self.members}


def problem(error: PfgraphError, query: str | None = None) -> Problem:
    """Return what an error becomes on the web; a query that was asked lends its line to a syntax error."""
    status = status_of(error)
    return Problem(status, kind_of(error), error, _headers(error), _members(error, query))


def _headers(error: PfgraphError) -> dict[str, str]:  # noqa: PLR0911  (a case for each)
    match error:
        case errors.MethodNotAllowed():
            return {"Allow": ", ".join(error.allowed)}
        case errors.UnsupportedMediaType():
            return {"Accept-Post": ", ".join(error.accepted)}
        case errors.QueryError(retry_after_s=float() | int() as seconds):
            return {"Retry-After": str(math.ceil(seconds))}
        case errors.Unauthenticated():
            return {"WWW-Authenticate": 'Bearer realm="pfgraph"'}
        case errors.NotCurrent():
            return {"ETag": f'"{error.current}"'}
        case errors.Moved():
            return {"Location": error.location, "Link": f'<{error.location}>; rel="successor-version"'}
        case errors.TooManyCitations():
            return {"Retry-After": str(math.ceil(error.retry_after_s))}
    return {}


def _members(error: PfgraphError, query: str | None) -> dict[str, Any]:
    """Return what an application may want besides the words."""
    members: dict[str, Any] = {}
    for attribute, name in _MEMBERS.items():
        if (value := getattr(error, attribute, None)) is not None:
            members[name] = [_plain(each) for each in value] if isinstance(value, tuple) else value
    if isinstance(error, errors.SourcesRefused):
        members["errors"] = [{**each.fields(), "file": each.file, "line": each.line} for each in error.errors]
    if query is not None and isinstance(line := members.get("line"), int):
        members["excerpt"] = excerpt(query, line, members.get("column"))
    return members


def _plain(value: Any) -> Any:
    """Return named values as JSON has them, so that a consumer need not count."""
    return {n: _plain(v) for n, v in value._asdict().items()} if hasattr(value, "_asdict") else value


# An attribute of an error that is a member of its problem, and the member's name.
_MEMBERS = {
    "offered": "offered",
    "accepted": "accepted",
    "allowed": "allowed",
    "name": "parameter",
    "example": "example",
    "line": "line",
    "column": "column",
    "feature": "feature",
    "retry_after_s": "retryAfter",
    "near": "near",
}


def excerpt(text: str, line: int, column: int | None) -> str | None:
    """Return the line of a text with a caret under the column, or None where there is no such line."""
    lines = text.split("\n")
    if not 0 < line <= len(lines):
        return None
    shown = lines[line - 1].rstrip("\r").replace("\t", " ")
    if column is None:
        return shown[:_WIDTH]
    start = max(0, column - 1 - _WIDTH // 2)
    before = shown[start : column - 1]
    # A caret stands under a full-width character only after full-width blanks.
    blanks = "".join("\u3000" if unicodedata.east_asian_width(char) in "FW" else " " for char in before)
    return f"{shown[start : start + _WIDTH]}\n{blanks}^"


_WIDTH = 120
_FORMS = (
    Form("json", "application/problem+json"),
    Form("json", "application/json"),
    Form("html", "text/html"),
)


def respond(error: PfgraphError, request: Request, pages: Pages) -> Response:
    """Return the error as a page for a browser and as problem details for everyone else."""
    notes = trace(request.scope)
    found = problem(error, notes.query)
    notes.outcome = found.kind
    view = View.of(request)
    headers = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-store", **found.headers}
    if wants_page(request):
        return pages.response("problem.html", view, {"problem": found}, status=found.status, headers=headers)
    headers["Content-Language"] = view.lang
    body = json.dumps(found.to_json(view.lang), ensure_ascii=False, indent=1).encode()
    return Response(body, found.status, headers, "application/problem+json")


def wants_page(request: Request, wanted: str | None = None) -> bool:
    """Whether a problem is better told as a page: to a browser, or where `format=html` says so."""
    try:
        asked = wanted or request.query_params.get("format")
        return choose(request.headers.getlist("accept"), _FORMS, asked).name == "html"
    except PfgraphError:
        # Whoever accepts nothing of this gets problem details all the same: RFC 9110 §15.5.7 allows it.
        return False


def translated(error: HTTPException, request: Request) -> PfgraphError:
    """Return what the router found wrong in our own words."""
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET, HEAD")
        methods = {*re.findall(r"[A-Z]+", allowed), "OPTIONS"}
        # HEAD is answered as GET before routing, and OPTIONS for every address.
        methods |= {"HEAD"} if "GET" in methods else set()
        return errors.MethodNotAllowed(request.method, sorted(methods))
    if error.status_code == 404:
        ja, en = "このURLには何もありません。", "There is nothing at this address."
        return errors.NotFound(ja, en, found=request.scope["path"][:200])
    detail = str(error.detail)[:200]
    return errors.RequestError("この要求には答えられません。", "This request cannot be answered.", found=detail)


def unforeseen(error: Exception) -> Unexpected:
    """Return the little we tell about a fault of our own, after it is logged."""
    logger.error("unforeseen error", exc_info=error)
    return Unexpected()
