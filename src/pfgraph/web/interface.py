"""What is offered beside the canned queries, as OpenAPI describes it: the endpoint, documents, collections, dumps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pfgraph.messages import Text
from pfgraph.namespaces import PF, XSD
from pfgraph.releases.release import Release
from pfgraph.web import forms, graphs, openapi
from pfgraph.web.context import Context, Term, context_of
from pfgraph.web.frames import Frame, frames_of
from pfgraph.web.members import MAX_PAGE, filterable
from pfgraph.web.negotiation import Form
from pfgraph.web.protocol import DIRECT, FORM

Json = dict[str, Any]

_DATES = {XSD.date.value: "date", XSD.dateTime.value: "date-time"}
_JSON = (Form("json", "application/json"),)
_PAGED = (*_JSON, Form("jsonld", graphs.JSON_LD), forms.HTML)
_JSON_LD = (Form("jsonld", graphs.JSON_LD),)
_SCHEMA = (Form("json", "application/schema+json"),)
_DUMP = (Form("gz", "application/gzip"), forms.ROWS)
# A query may be of any form, so its answer may be solutions as well as a graph.
_ANSWERS = tuple({form.media_type: form for form in (*forms.SOLUTIONS, *forms.GRAPHS_AND_PAGE)}.values())
_LISTED = {"type": "array", "items": {"type": "object"}}
_GRAPHS = {"type": "array", "items": {"type": "string", "format": "iri"}}
_EXAMPLE = f"ASK {{ ?platform a <{PF.Platform.value}> }}"


def paths(release: Release) -> Json:
    """Return the paths beside the canned queries; each class has a collection with filters of its own."""
    frames, context = list(frames_of(release.path).by_name.values()), context_of(release.path)
    return {
        "/sparql": _endpoint(),
        **_documents(),
        **_contract([frame.name for frame in frames]),
        **{f"/collections/{frame.name}": {"get": _collection(frame, context)} for frame in frames},
        **_catalogue(),
        **_operations(),
    }


def _endpoint() -> Json:
    """Return the operations of the SPARQL 1.1 Protocol."""
    asked = _query(
        "query", Text("問い合わせ。なければサービス記述を返す", "the query; without it the service description")
    )
    shared = [
        _query("default-graph-uri", Text("既定グラフにするグラフ", "graphs to make up the default graph"), _GRAPHS),
        _query("named-graph-uri", Text("名前つきで使うグラフ", "graphs to have under their names"), _GRAPHS),
        _format(_ANSWERS),
        _query("timeout", Text("上限の秒数", "seconds after which to give up"), openapi.POSITIVE),
    ]
    fields = {each["name"]: each["schema"] for each in (asked, *shared)}
    form = {"type": "object", "required": ["query"], "properties": fields}
    title = Text("SPARQL 1.1 で問い合わせる", "Ask in SPARQL 1.1")
    refused = ("400", "403", "406", "413", "429", "503")
    get = _operation("sparql", title, _in(_ANSWERS), [asked | {"example": _EXAMPLE}, *shared], refused)
    post = _operation("sparql-post", title, _in(_ANSWERS), shared, (*refused, "415"))
    post["requestBody"] = {
        "required": True,
        "content": {
            FORM: {"schema": form, "example": {"query": _EXAMPLE}},
            DIRECT: {"schema": {"type": "string"}, "example": _EXAMPLE},
        },
    }
    return {"get": get, "post": post}


def _documents() -> Json:
    """Return the operations on one thing: its name leads to its document."""
    named = [
        _path("type", Text("種類（IRI の `id/` の次）", "the kind: what follows `id/` in the IRI"), "platform"),
        _path("key", Text("キー。斜線は %2F と書いてもよい", "the key; a slash may be written %2F"), "401005-1"),
    ]
    page = _query(
        "page", Text("ページ（指すものが多いとき）", "the page, where many things point here"), openapi.FROM_ONE
    )
    document = _operation(
        "document",
        Text("一つのものの文書", "The document about a thing"),
        _in(forms.DOCUMENTS),
        [*named, _format(forms.DOCUMENTS), page],
        ("400", "404", "406", "410"),
    )
    identify = _operation("identify", Text("文書へ導く（303）", "The way to the document (303)"), {}, named, ())
    location = {"Location": {"schema": {"type": "string"}}}
    identify["responses"] = {"303": {"description": "See Other", "headers": location}}
    return {"/id/{type}/{key}": {"get": identify}, "/doc/{type}/{key}": {"get": document}}


def _contract(names: Sequence[str]) -> Json:
    """Return the operations that an application reads the JSON-LD contract by."""
    named = [_path("name", Text("クラス", "the class"), names[0], names), _RELEASE]
    context, frame = Text("JSON-LD の文脈", "The JSON-LD context"), Text("クラスのフレーム", "The frame of a class")
    schema = Text("クラスの文書の JSON Schema", "The JSON Schema of the documents about a class")
    classes = Text("クラスの一覧", "The classes, and where each has its collection, frame and schema")
    found = {
        graphs.CONTEXT_PATH: _operation("context", context, _in(_JSON_LD), [], ()),
        "/frames/{name}.jsonld": _operation("frame", frame, _in(_JSON_LD), named, ("404",)),
        "/schema": _operation("classes", classes, _in(_JSON, _LISTED), [_RELEASE], ("404",)),
        "/schema/{name}.json": _operation("schema", schema, _in(_SCHEMA), named, ("404",)),
        "/collections": _operation("collections", classes, _in((*_JSON, forms.HTML), _LISTED), [], ("406",)),
    }
    return {path: {"get": operation} for path, operation in found.items()}


def _collection(frame: Frame, context: Context) -> Json:
    """Return the operation of a collection, with a filter for each property that it can be narrowed by."""
    ours = [
        _query("limit", Text("1ページの数", "how many on a page"), openapi.FROM_ONE | {"maximum": MAX_PAGE}),
        _query("after", Text("この IRI の次から", "begin after this IRI; `next` has it")),
        _RELEASE,
        _format(_PAGED),
    ]
    title = Text(f"{frame.name} の一覧", f"The collection of {frame.name}")
    filters = [_filter(term) for term in filterable(frame, context).values()]
    page = _in(_PAGED, _page_of(frame))
    return _operation(f"collection-{frame.name}", title, page, [*ours, *filters], ("400", "404", "406"))


def _page_of(frame: Frame) -> Json:
    # Relative to `/openapi.json`: the schema that this very server has.
    items = {"type": "array", "items": {"$ref": f"schema/{frame.name}.json"}}
    members = {
        "@context": {"type": "string", "format": "uri"},
        "id": {"type": "string", "format": "uri"},
        "type": {"type": "array", "items": {"type": "string"}},
        "totalItems": {"type": "integer", "minimum": 0},
        "items": items,
    }
    following = {"type": "string", "format": "uri", "description": "次のページ / the next page, if there is one"}
    return {"type": "object", "required": list(members), "properties": {**members, "next": following}}


def _filter(term: Term) -> Json:
    schema: Json = {"type": "string"}
    told = Text(f"{term.name} の値（複数ならいずれか）", f"a value of {term.name}; of several, any")
    if term.type == "@id":
        told = Text(f"{told.ja}。IRI か接頭辞つきの名前", f"{told.en}; an IRI or a prefixed name")
    elif term.type in _DATES:
        schema["format"] = _DATES[term.type]
    return _query(term.name, told, {"type": "array", "items": schema})


def _catalogue() -> Json:
    """Return the operations that harvesters use."""
    release = _path("release", Text("版、または current", "a release, or `current`"), "current")
    file = _path("name", Text("ファイル名", "the name of a file"), "pfgraph.nq.gz")
    dump = _operation("dump", Text("版のファイル", "A file of a release"), _in(_DUMP), [release, file], ("404", "503"))
    dump["responses"]["307"] = {"description": "current から版のファイルへ / from `current` to the release's own"}
    catalog, void = (
        Text("目録（DCAT 3）", "The catalogue (DCAT 3)"),
        Text("データセットの記述（VoID）", "The dataset (VoID)"),
    )
    offered = [_format(forms.GRAPHS_AND_PAGE)]
    dumps = Text("版のファイルの一覧", "The files of a release, with their SHA-256")
    found = {
        "/catalog": _operation("catalog", catalog, _in(forms.GRAPHS_AND_PAGE), offered, ("400", "406")),
        "/.well-known/void": _operation("void", void, _in(forms.GRAPHS), [_format(forms.GRAPHS)], ("400", "406")),
        "/dumps/{release}": _operation("dumps", dumps, _in(_JSON, _LISTED), [release], ("404", "503")),
        "/dumps/{release}/{name}": dump,
    }
    return {path: {"get": operation} for path, operation in found.items()}


def _operations() -> Json:
    """Return the operations that tell how the server is."""
    health = _operation("health", Text("サーバーのようす", "How the server is"), _in(_JSON), [], ("503",))
    ready = _operation("ready", Text("答えられるか", "Whether it can answer"), _in(_JSON), [], ("503",))
    return {"/health": {"get": health}, "/ready": {"get": ready}}


def _operation(name: str, title: Text, contents: Json, parameters: Sequence[Json], refused: Iterable[str]) -> Json:
    """Return a reading operation: what it takes, what it answers in each media type, and its refusals."""
    responses = {"200": {"description": "OK", "content": contents}, **openapi.refusals(refused)}
    tag = "sparql" if name.startswith("sparql") else "data"
    summary = f"{title.ja} / {title.en}"
    found: Json = {"operationId": name, "tags": [tag], "summary": summary, "responses": responses}
    return found | ({"parameters": list(parameters)} if parameters else {})


def _in(offered: Iterable[Form], schema: Json | None = None) -> Json:
    """Return the media types of an answer; a schema is that of its JSON."""
    texts, objects = {"type": "string"}, schema or {"type": "object"}
    return {f.media_type: {"schema": objects if f.written_as.endswith("json") else texts} for f in offered}


def _query(name: str, told: Text, schema: Json | None = None) -> Json:
    return openapi.shared(name, f"{told.ja} / {told.en}", schema or {"type": "string"})


def _path(name: str, told: Text, example: str, values: Sequence[str] = ()) -> Json:
    schema: Json = {"type": "string"} | ({"enum": list(values)} if values else {})
    described = {"description": f"{told.ja} / {told.en}", "schema": schema, "example": example}
    return {"name": name, "in": "path", "required": True, **described}


def _format(offered: Iterable[Form]) -> Json:
    names = sorted({form.name for form in offered})
    return _query("format", Text("形式", "the form of the answer"), {"type": "string", "enum": names})


_RELEASE = _query("release", Text("版。なければいまの版", "the release; by default the current one"))
