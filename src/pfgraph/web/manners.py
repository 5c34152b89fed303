"""Headers that every response has: who may read it from where, and what a page of ours may load."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_READ = b"GET, HEAD, OPTIONS"
_ASK = b"GET, HEAD, OPTIONS, POST"
# Who writes shows a token, and no page of another site is let send one.
_UPDATE = b"OPTIONS, POST"
_STORE = b"DELETE, GET, HEAD, OPTIONS, POST, PUT"
_EXPOSED = (
    b"Allow, Accept-Post, Content-Disposition, Content-Encoding, Content-Language, Content-Length, "
    b"Content-Location, Content-Profile, ETag, Link, Location, Memento-Datetime, PFGraph-Release, Retry-After, Vary"
)
ALWAYS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", _EXPOSED),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_POLICY = (
    b"default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; "
    b"form-action 'self'; frame-ancestors 'none'"
)
_PAGE = [(b"content-security-policy", _POLICY)]
_PREFLIGHT = [
    # Browsers name the headers they will send; of ours none is secret, and reading needs no credentials.
    (
        b"access-control-allow-headers",
        b"Accept, Accept-Datetime, Accept-Language, Accept-Profile, Content-Type, If-None-Match",
    ),
    (b"access-control-max-age", b"86400"),
]


class Manners:
    """An application whose responses may be read from any page, and load nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer OPTIONS, and add the headers to everything else."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            await _send_options(scope["path"].removeprefix(scope.get("root_path", "")), send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), *ALWAYS]
                kind = next((value for name, value in headers if name.lower() == b"content-type"), b"")
                if kind.startswith(b"text/html"):
                    headers += _PAGE
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, with_headers)


def _allowed(path: str) -> bytes:
    if path == "/update":
        return _UPDATE
    return _STORE if path == "/store" or path.startswith(("/store/", "/graph/")) else _READ


async def _send_options(path: str, send: Send) -> None:
    """Say what may be done here, to a browser asking for a script on another site too."""
    allowed = _ASK if path.rstrip("/").endswith(("/sparql", "/cite")) else _allowed(path)
    headers = [(b"allow", allowed), (b"access-control-allow-methods", allowed), *ALWAYS, *_PREFLIGHT]
    if allowed == _ASK:
        headers.append((b"accept-post", b"application/sparql-query, application/x-www-form-urlencoded"))
    headers += [(b"vary", b"Origin, Access-Control-Request-Headers"), (b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
