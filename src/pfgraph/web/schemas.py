"""JSON Schema (2020-12) of the documents about a class, generated from its shapes, its frame and the context."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pyoxigraph import Literal, NamedNode

from pfgraph.graph.shapes import Node, Property, Shapes, Value
from pfgraph.namespaces import RDF, SH, SKOS, XSD, Namespace
from pfgraph.web.context import Context, Term
from pfgraph.web.frames import Frame
from pfgraph.web.literals import INTEGERS

Json = dict[str, Any]
_SCHEMA = Namespace("jsonschema")
_ANY = "any"
_NAMES = ("label", "prefLabel", "summary")
_DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


def schema(frame: Frame, shapes: Shapes, context: Context, address: str) -> Json:
    """Return the JSON Schema of the documents about a class, at an address.

    Members may be added in later versions of the data, so others than those named are allowed.
    """
    by_path = {each.path.value: each for each in shapes.properties(NamedNode(frame.type))}
    members: Json = {"id": {"type": "string"}, "type": _types(frame, shapes, context)}
    required = ["id", "type"]
    for name in frame.members:
        term = context.member(name)
        found = by_path.get(term.iri)
        members[name] = _member(term, found, shapes, context)
        if found is not None and found.min_count:
            required.append(name)
    kind = NamedNode(frame.type)
    return {
        "$schema": str(_SCHEMA) + "schema",
        "$id": address,
        "title": _title(shapes, kind, frame.name),
        "description": _described(shapes, kind),
        "type": "object",
        "required": required,
        "properties": members,
        "$defs": _definitions(context),
    }


def _types(frame: Frame, shapes: Shapes, context: Context) -> Json:
    """Return the schema of `type`: always an array, with the class or one of the classes below it."""
    names = [context.vocab(each.value) for each in shapes.with_descendants(NamedNode(frame.type))]
    return {"type": "array", "items": {"type": "string"}, "contains": {"enum": names}}


def _title(shapes: Shapes, kind: NamedNode, name: str) -> str:
    text = shapes.text(kind, _LABEL)
    return f"{text.ja} / {text.en}" if text else name


def _described(shapes: Shapes, kind: NamedNode) -> str:
    text = shapes.text(kind, SKOS.definition)
    return f"{text.ja} / {text.en}" if text else ""


_LABEL = Namespace("rdfs").label


def _member(term: Term, found: Property | None, shapes: Shapes, context: Context) -> Json:
    """Return the schema of a member: what its key says of it, and what the shapes do."""
    if term.container == "@language":
        return _noted(_languages(found, shapes), found)
    value = _value_schema(term, found, shapes, context)
    if term.container == "@set":
        return _noted({"type": "array", "items": value, **_numbers(found)}, found)
    if found is None or found.max_count == 1 or term.type is not None:
        return _noted(value, found)
    return _noted({"anyOf": [value, {"type": "array", "items": value, "minItems": 2}]}, found)


def _noted(schema_: Json, found: Property | None) -> Json:
    """Return a schema with what the property is called, in both languages."""
    if found is None:
        return schema_
    texts = [found.name, *([found.description] if found.description else [])]
    return (
        {"title": f"{texts[0].ja} / {texts[0].en}"}
        | ({"description": f"{texts[1].ja} / {texts[1].en}"} if len(texts) > 1 else {})
        | schema_
    )


def _numbers(found: Property | None) -> Json:
    """Return how many values there are at least, and at most; a member that is absent has none."""
    least = {"minItems": max(found.min_count, 1) if found else 1}
    return least | ({"maxItems": found.max_count} if found and found.max_count is not None else {})


def _languages(found: Property | None, shapes: Shapes) -> Json:
    """Return the schema of a map from languages to texts."""
    if found is None:
        return {"$ref": "#/$defs/texts"}
    constraints = [each for shape in found.shapes for each in _facets(shape, shapes)]
    text: Json = {"type": "string"} | {name: value for name, value in constraints if name in {"pattern", "minLength"}}
    tags = next((found_ for shape in found.shapes if (found_ := _tags(shape, shapes))), ())
    once = found.max_count == 1 or any(_true(shapes.value(shape, SH.uniqueLang)) for shape in found.shapes)
    item = text if once else {"anyOf": [text, {"type": "array", "items": text}]}
    limited = {"properties": dict.fromkeys(tags, item), "additionalProperties": False} if tags else {}
    complete = {"required": list(tags)} if tags and found.min_count >= len(tags) else {}
    return {"type": "object", "minProperties": 1, **(limited or {"additionalProperties": item}), **complete}


def _tags(shape: Node, shapes: Shapes) -> tuple[str, ...]:
    members = shapes.members(shapes.value(shape, SH.languageIn))
    return tuple(member.value for member in members if isinstance(member, Literal))


def _true(value: Value | None) -> bool:
    return isinstance(value, Literal) and value.value == "true"


def _value_schema(term: Term, found: Property | None, shapes: Shapes, context: Context) -> Json:
    """Return the schema of one value."""
    if term.type == "@id":
        scheme = next((s for shape in found.shapes if (s := _scheme(shape, shapes))), None) if found else None
        node: Json = {"$ref": "#/$defs/node"}
        if scheme is None:
            return node
        pattern = "^" + re.escape(context.id(f"{scheme.value}/")).replace(r"\-", "-")
        return {"allOf": [node], "properties": {"id": {"type": "string", "pattern": pattern}}}
    if found is None:
        return _generic(term)
    written = [_literal_schema(shape, term, shapes, context) for shape in found.shapes]
    told = [each for each in written if each] or [_generic(term)]
    return told[0] if len(told) == 1 else {"allOf": told}


def _generic(term: Term) -> Json:
    """Return what the key alone says of a value."""
    if term.type == XSD.date.value:
        return {"type": "string", "format": "date", "pattern": _DAY}
    if term.type is not None and not term.type.startswith("@"):
        return {"type": "string"}
    return {"$ref": f"#/$defs/{_ANY}"}


def _scheme(shape: Value, shapes: Shapes) -> NamedNode | None:
    """Return the concept scheme that values are taken from."""
    for node in shapes.values(shape, SH.node):
        for each in shapes.values(node, SH.property):
            if shapes.value(each, SH.path) == SKOS.inScheme:
                value = shapes.value(each, SH.hasValue)
                return value if isinstance(value, NamedNode) else None
    return None


def _literal_schema(shape: Value, term: Term, shapes: Shapes, context: Context) -> Json:
    """Return the schema of a literal under a shape: its datatype and facets, those of `sh:node` and of `sh:or` too."""
    for node in shapes.values(shape, SH.node):
        return _literal_schema(node, term, shapes, context)
    for way in (SH["or"], SH.xone):
        if members := shapes.members(shapes.value(shape, way)):
            return _any_of(_literal_schema(each, term, shapes, context) for each in members)
    datatype = shapes.value(shape, SH.datatype)
    if not isinstance(datatype, NamedNode) or datatype == RDF.langString:
        return {}
    return _typed(datatype, term, dict(_facets(shape, shapes)), context)


def _any_of(schemas: Iterable[Json]) -> Json:
    found: list[Json] = []
    for each in schemas:
        if each not in found:
            found.append(each)
    return found[0] if len(found) == 1 else {"anyOf": found}


def _typed(datatype: NamedNode, term: Term, facets: Json, context: Context) -> Json:
    """Return the schema of a literal of a datatype, as it is written under a term."""
    numeric = {name: value for name, value in facets.items() if name in {"minimum", "maximum"}}
    if datatype == XSD.boolean:
        return {"type": "boolean"}
    if datatype.value.removeprefix(str(XSD)) in INTEGERS:
        least = {XSD.nonNegativeInteger: 0, XSD.positiveInteger: 1}.get(datatype)
        return {"type": "integer", **({} if least is None else {"minimum": least}), **numeric}
    text = {"type": "string"} | {name: value for name, value in facets.items() if name not in numeric}
    if datatype == XSD.string and term.type is None:
        return text
    if term.type == datatype.value:
        return text | ({"format": "date"} if datatype == XSD.date else {})
    kind = {"const": context.vocab(datatype.value)}
    return {"type": "object", "required": ["type", "@value"], "properties": {"type": kind, "@value": text}}


_FACETS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "pattern": ("pattern", str),
    "minLength": ("minLength", int),
    "maxLength": ("maxLength", int),
    "minInclusive": ("minimum", int),
    "maxInclusive": ("maximum", int),
}


def _facets(shape: Value, shapes: Shapes) -> list[tuple[str, object]]:
    """Return the facets of a shape under the names that JSON Schema has for them."""
    found = ((name, read, shapes.value(shape, SH[facet])) for facet, (name, read) in _FACETS.items())
    return [(name, read(value.value)) for name, read, value in found if isinstance(value, Literal)]


def _definitions(context: Context) -> Json:
    """Return what the members of every class refer to."""
    names = {name: {"$ref": "#/$defs/texts"} for name in _NAMES if name in context.terms()}
    text = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
    typed = {
        "type": "object",
        "required": ["@value"],
        "properties": {"@value": {"type": "string"}, "type": {"type": "string"}, "@language": {"type": "string"}},
    }
    plain = [{"type": ["string", "integer", "boolean"]}, {"$ref": "#/$defs/typed"}, {"$ref": "#/$defs/node"}]
    return {
        "texts": {"type": "object", "minProperties": 1, "additionalProperties": text},
        "node": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, **names}},
        "typed": typed,
        _ANY: {"anyOf": [*plain, {"type": "array", "items": {"anyOf": plain}}]},
    }
