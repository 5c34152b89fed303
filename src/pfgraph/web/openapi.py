"""The canned queries as OpenAPI 3.1 describes them."""

from __future__ import annotations

from typing import Any

from pfgraph.sources.queries import CannedQuery, Parameter
from pfgraph.web import forms
from pfgraph.web.negotiation import Form

Json = dict[str, Any]

_SCHEMAS: dict[str, Json] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "iri": {"type": "string", "format": "iri"},
    "lang": {"type": "string"},
    "code": {"type": "string", "pattern": "^[0-9]{6}$"},
    "concept": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "ja", "en"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "ja": {"type": "object", "additionalProperties": {"type": "string"}},
        "en": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
# Statuses that any query may have besides 200; 503 is a budget that ran out, or too many who ask.
_REFUSALS = {"400": "Bad Request", "406": "Not Acceptable", "429": "Too Many Requests", "503": "Unavailable"}


def parameters(query: CannedQuery) -> list[Json]:
    """Return the parameters of a query, and those that every query has."""
    offered = [form.name for form in forms.offered(query.form)]
    return [
        *map(_parameter, query.parameters),
        _shared("format", "形式 / the form of the answer", {"type": "string", "enum": sorted({*offered})}),
        _shared("timeout", "上限の秒数 / seconds after which to give up", _POSITIVE),
    ]


_POSITIVE = {"type": "number", "exclusiveMinimum": 0}


def _shared(name: str, description: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "description": description, "schema": schema}


def _parameter(parameter: Parameter) -> Json:
    schema = dict(_SCHEMAS[parameter.kind])
    if parameter.pattern:
        schema["pattern"] = f"^(?:{parameter.pattern})$"
    if parameter.values:
        schema["enum"] = list(parameter.values)
        schema.pop("pattern", None)
    if parameter.default is not None:
        schema["default"] = _value(parameter, parameter.default.value)
    described = [f"{parameter.title.ja} / {parameter.title.en}"]
    described += [text for text in parameter.description if text]
    found: Json = {
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": "\n\n".join(described),
        "schema": schema,
    }
    return found | ({"example": _value(parameter, parameter.example)} if parameter.example else {})


def _value(parameter: Parameter, text: str) -> str | int | bool:
    if parameter.kind == "integer":
        return int(text)
    return text == "true" if parameter.kind == "boolean" else text


def responses(query: CannedQuery) -> dict[int | str, Json]:
    """Return what a query may answer: every form of its result, and every refusal."""
    contents = {form.media_type: {"schema": _schema(query, form)} for form in forms.offered(query.form)}
    return {
        200: {"description": "OK", "content": contents},
        **{
            status: {"description": text, "content": {"application/problem+json": {"schema": _PROBLEM}}}
            for status, text in _REFUSALS.items()
        },
    }


def _schema(query: CannedQuery, form: Form) -> Json:
    if not form.written_as.endswith("json"):
        return {"type": "string"}
    if query.form == "ASK":
        return {
            "type": "object",
            "required": ["head", "boolean"],
            "properties": {"boolean": {"type": "boolean"}},
        }
    if query.form != "SELECT":
        return {"type": "object", "required": ["@context"]}
    term = {"type": "object", "required": ["type", "value"]}
    row = {"type": "object", "properties": dict.fromkeys(query.columns, term)}
    return _object(results=_object(bindings={"type": "array", "items": row}))


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": list(properties), "properties": properties}
