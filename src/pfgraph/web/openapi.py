"""The canned queries as OpenAPI 3.1 describes them, and what every description is made of."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from pfgraph.sources.queries import CannedQuery, Parameter
from pfgraph.web import forms
from pfgraph.web.negotiation import Form

Json = dict[str, Any]
# As FastAPI has them: by status, or by what stands for one.
Responses = dict[int | str, Json]

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
    "title": "RFC 9457",
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
_REFUSALS = ("400", "406", "429", "503")
POSITIVE: Json = {"type": "number", "exclusiveMinimum": 0}
FROM_ONE: Json = {"type": "integer", "minimum": 1}
COMPONENTS: Json = {"schemas": {"Problem": _PROBLEM}}


def parameters(query: CannedQuery) -> list[Json]:
    """Return the parameters of a query, and those that every query has."""
    offered = [form.name for form in forms.offered(query.form)]
    return [
        *map(_parameter, query.parameters),
        shared("format", "形式 / the form of the answer", {"type": "string", "enum": sorted({*offered})}),
        shared("timeout", "上限の秒数 / seconds after which to give up", POSITIVE),
    ]


def shared(name: str, description: str, schema: Json) -> Json:
    """Return a parameter that may stand beside any others."""
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


def responses(query: CannedQuery) -> Responses:
    """Return what a query may answer: every form of its result, and every refusal."""
    contents = {form.media_type: {"schema": _schema(query, form)} for form in forms.offered(query.form)}
    return {200: {"description": "OK", "content": contents}, **refusals(_REFUSALS)}


def listing() -> Responses:
    """Return what the list of the queries answers."""
    query = _object(
        name={"type": "string"}, url={"type": "string"}, form={"type": "string"}, parameters={"type": "array"}
    )
    contents: Json = {
        "application/json": {"schema": {"type": "array", "items": query}},
        forms.HTML.media_type: {"schema": {"type": "string"}},
    }
    return {200: {"description": "OK", "content": contents}, **refusals(("406",))}


def refusals(statuses: Iterable[str]) -> Responses:
    """Return the responses that refuse a request, as problem details."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(int(status)).phrase, "content": content} for status in statuses}


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
