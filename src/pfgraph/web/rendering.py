"""Pages for people: one reader's language and place, links that stay on this host, the templates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse

from pfgraph.errors import BadParameter
from pfgraph.messages import Text
from pfgraph.namespaces import base_iri, compact
from pfgraph.web.negotiation import Lang, language

# Where a request says which release it is about, and what there is of every release.
PINNED = "pfgraph.release"
RELEASED = frozenset({"sparql", "doc", "queries"})
STATIC = Path(__file__).parent / "static"
_SAFE = "/:@!$&'()*+,;=-._~"


@dataclass(frozen=True)
class View:
    """How one reader sees the pages: in which language, whether they chose it, and where they are."""

    lang: Lang
    chosen: bool = False
    root: str = ""
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    origin: str = ""
    release: str = ""

    @classmethod
    def of(cls, request: HTTPConnection) -> View:
        """Return the view a request asks for; a language we do not have is Japanese."""
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        wanted = next((value for name, value in query if name == "lang"), None)
        lines = request.headers.getlist("accept-language")
        try:
            lang, chosen = language(lines, wanted), bool(wanted)
        except BadParameter:
            lang, chosen = language(lines), False
        root = request.scope.get("root_path", "").rstrip("/")
        path = request.scope["path"].removeprefix(root)
        return cls(lang, chosen, root, path, tuple(query), _origin(request), request.scope.get(PINNED, ""))

    def say(self, ja: str, en: str) -> str:
        """Return the words in the reader's language."""
        return ja if self.lang == "ja" else en

    def text(self, text: Text) -> str:
        """Return a text in the reader's language."""
        return text.in_language(self.lang)

    def href(self, path: str, **query: str) -> str:
        """Return the link to a path of ours, which keeps the language the reader chose."""
        path, hash_, fragment = path.partition("#")
        if self.chosen:
            query.setdefault("lang", self.lang)
        tail = f"?{urlencode(query)}" if query else ""
        return f"{self.at(quote(path, safe=_SAFE + '%'))}{tail}{hash_}{quote(fragment, safe=_SAFE + '%')}"

    def switched(self, lang: Lang) -> str:
        """Return the link to this very place in a language."""
        query = [(name, value) for name, value in self.query if name != "lang"]
        return f"{self.at(quote(self.path, safe=_SAFE))}?{urlencode([*query, ('lang', lang)])}"

    def with_form(self, name: str) -> str:
        """Return the link to this very place in another form, as `format=` names it."""
        query = [(key, value) for key, value in self.query if key != "format"]
        return f"{self.at(quote(self.path, safe=_SAFE))}?{urlencode([*query, ('format', name)])}"

    def link(self, iri: str) -> str | None:
        """Return where an IRI leads for this reader: to a page of ours, out to the web, or nowhere (None)."""
        path = local_path(iri)
        if path is not None:
            return self.href(path)
        # Only what a browser opens as a page: a `javascript:` IRI in the data stays text.
        return iri if urlsplit(iri).scheme in {"http", "https"} else None

    def url(self, path: str) -> str:
        """Return the absolute address of a path on this host."""
        return f"{self.origin}{self.at(path)}"

    def at(self, path: str) -> str:
        """Return a path as links have it; whoever looks at one release goes on in that release."""
        pinned = bool(self.release) and path.split("/", 2)[1] in RELEASED
        return f"{self.root}/releases/{self.release}{path}" if pinned else f"{self.root}{path}"


_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](?::[0-9]{1,5})?")


def _origin(request: HTTPConnection) -> str:
    """Return scheme and host of this site as the client names it; what is no host is not repeated."""
    host = request.headers.get("host", "")
    if not _HOST.fullmatch(host):
        name, port = request.scope.get("server") or ("localhost", None)
        host = f"{name}:{port}" if port else name
    return f"{request.scope['scheme']}://{host}"


def local_path(iri: str) -> str | None:
    """Return the path of the page about one of our IRIs, or None where the IRI is not ours."""
    if not iri.startswith(base_iri()):
        return None
    path = unquote(iri.removeprefix(base_iri()))
    kind, slash, key = path.partition("/")
    if kind == "id" and slash:
        # A part of a thing is told on the page about the thing.
        return f"/doc/{key.partition('#')[0]}"
    if kind == "query" and slash:
        path = f"queries/{key}"
    owner, _, local = path.partition("#")
    return f"/{owner}/{local}" if local and owner in _UNANCHORED else f"/{path}"


# Documents whose page has no anchors for what they define: each of these has a page of its own.
_UNANCHORED = frozenset({"dataset", "rules"})


def ascii_iri(iri: str) -> str:
    """Return an IRI or path as a header may carry it (RFC 3987 §3.1)."""
    return quote(iri, safe=_SAFE + "?#[]%")


class Pages:
    """The templates, compiled once."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("pfgraph.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["compact"] = compact
        self._environment.globals["style"] = self.style
        self._environment.filters["number"] = lambda value: f"{value:,}"

    @cached_property
    def style(self) -> str:
        """The path of the style sheet, which changes when the sheet does."""
        digest = hashlib.sha256((STATIC / "pfgraph.css").read_bytes()).hexdigest()[:12]
        return f"/static/pfgraph.css?v={digest}"

    def html(self, template: str, view: View, context: Mapping[str, object]) -> Markup:
        """Return a page as safe HTML; everything in the context is text until a template says otherwise."""
        # autoescape makes this markup, whatever the literals in the context say.
        page = self._environment.get_template(template).render(
            view=view, say=view.say, text=view.text, href=view.href, **context
        )
        return Markup(page)  # noqa: S704

    def response(
        self,
        template: str,
        view: View,
        context: Mapping[str, object],
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> HTMLResponse:
        """Return a page as a response in the reader's language."""
        response = HTMLResponse(self.html(template, view, context), status, dict(headers or {}))
        response.headers["Content-Language"] = view.lang
        return response
