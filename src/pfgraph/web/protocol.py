"""What a request asks by the SPARQL 1.1 Protocol: one query, its dataset, its limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl

from pyoxigraph import NamedNode

from pfgraph.errors import BadParameter, RequestError, UnsupportedMediaType
from pfgraph.messages import Text
from pfgraph.web.negotiation import preferences

FORM = "application/x-www-form-urlencoded"
DIRECT = "application/sparql-query"
ACCEPTED = (DIRECT, FORM)
METHODS = ("GET", "HEAD", "OPTIONS", "POST")
_MAX_FIELDS = 1000
UTF8 = frozenset({"utf-8", "utf8", "us-ascii"})


@dataclass(frozen=True)
class QueryOperation:
    """A query operation: the query, None where there was none, and what the parameters around it say."""

    query: str | None
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    format: str | None = None
    timeout_s: float | None = None


def read(method: str, query_string: bytes, content_type: str | None, body: bytes) -> QueryOperation:
    """Return what a GET or POST asks.

    Parameters of the URL and of a form count alike, since the dataset of a POSTed form may stand in its URL
    (W3C protocol test `query_post_form`); but there is one query, wherever it stands.
    """
    found = fields(query_string, "URL")
    if method == "POST":
        found += _body_fields(content_type, body)
    if any(name == "update" for name, _ in found):
        ja, en = "ここで更新はできません。", "Updates are not accepted here."
        raise BadParameter("update", ja, en, try_=Text("query を使ってください。", "Use query instead."))
    return QueryOperation(
        _query(found),
        _graphs(found, "default-graph-uri"),
        _graphs(found, "named-graph-uri"),
        _last(found, "format"),
        _timeout(_last(found, "timeout")),
    )


def field(name: str, query_string: bytes, content_type: str | None, body: bytes) -> str | None:
    """Return one more field of a POST, from its URL or its form, if it is there and not empty."""
    found = fields(query_string, "URL")
    return _last([*found, *_body_fields(content_type, body)], name)


Fields = list[tuple[str, str]]


def _body_fields(content_type: str | None, body: bytes) -> Fields:
    """Return what a POST carries as fields: those of its form, or the body itself as the query."""
    # One Content-Type has the grammar of one element of an Accept field.
    types = preferences([content_type or ""])
    kind = types[0].range if len(types) == 1 else ""
    if kind not in ACCEPTED:
        raise UnsupportedMediaType((content_type or "-")[:100], ACCEPTED)
    charset = types[0].parameters.get("charset", "utf-8").lower()
    if charset not in UTF8:
        # SPARQL 1.1 Protocol §2.1.3: a query is sent in UTF-8.
        raise UnsupportedMediaType(f"charset={charset[:40]}", [f"{each}; charset=utf-8" for each in ACCEPTED])
    if kind == DIRECT:
        return [("query", text(body, "body").removeprefix("\ufeff"))]
    return fields(body, "form")


def text(data: bytes, where: str) -> str:
    """Return bytes as text, or raise RequestError where they are not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_utf8(where, f"0x{data[error.start]:02X} @ {error.start}") from error


def _not_utf8(where: str, found: str | None = None) -> RequestError:
    ja, en = "UTF-8 として読めません。", "This is not UTF-8."
    return RequestError(ja, en, where=where, found=found, expected="UTF-8")


def fields(data: bytes, where: str) -> Fields:
    """Return the fields of a form or a URL's query.

    They are decoded once: IRIs in a query contain %XX themselves (D8).
    """
    try:
        return parse_qsl(text(data, where), keep_blank_values=True, errors="strict", max_num_fields=_MAX_FIELDS)
    except UnicodeDecodeError as error:
        raise _not_utf8(where) from error
    except ValueError as error:
        ja, en = "欄が多すぎます。", "There are too many fields."
        raise RequestError(ja, en, where=where, expected=f"≤ {_MAX_FIELDS}") from error


def _query(fields: Fields) -> str | None:
    queries = [value for name, value in fields if name == "query"]
    if len(queries) > 1:
        ja, en = "クエリは一度に一つだけです。", "There may be only one query."
        raise BadParameter("query", ja, en, found=f"query × {len(queries)}", expected="query × 1")
    return queries[0] if queries else None


def _graphs(fields: Fields, name: str) -> tuple[str, ...]:
    """Return the graph IRIs under a parameter's name; an empty field of a page's form says nothing."""
    return tuple(dict.fromkeys(iri(name, value) for key, value in fields if key == name and value))


def iri(name: str, value: str) -> str:
    """Return the IRI that a parameter names, or raise BadParameter."""
    try:
        return NamedNode(value).value
    except ValueError as error:
        ja, en = "絶対 IRI ではありません。", "This is not an absolute IRI."
        raise BadParameter(name, ja, en, found=value[:200], expected="IRI") from error


def _last(fields: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the value of a parameter that has one value: the last that is not empty."""
    return next((value for key, value in reversed(list(fields)) if key == name and value), None)


def _timeout(text: str | None) -> float | None:
    if text is None:
        return None
    # `float` would also take `nan`, `1_000` and full-width digits.
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text) and (seconds := float(text)) > 0:
        return seconds
    ja, en = "秒数ではありません。", "This is not a number of seconds."
    expected = Text("正の数（秒）", "a positive number of seconds")
    raise BadParameter("timeout", ja, en, found=text[:40], expected=expected, example="5")
