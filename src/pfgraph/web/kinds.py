"""What each kind of problem means: the page its `type` leads to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pfgraph.errors import NotFound, PfgraphError
from pfgraph.messages import Text
from pfgraph.web import forms
from pfgraph.web.negotiation import Form, choose
from pfgraph.web.problems import kind_of, status_of
from pfgraph.web.rendering import View
from pfgraph.web.site import Site

_FORMS = (Form("json", "application/json"), forms.HTML)
# What an application may meet; the class says the rest.
MEANINGS: Mapping[str, Text] = {
    "answer-not-read": Text(
        "結果が、決められた時間内に読み取られませんでした。", "The client did not read its answer in time."
    ),
    "bad-parameter": Text(
        "引数の値が型に合わないか、必須の引数がないか、引数の名前が違います。",
        "A parameter's value is not of its type, is missing, or is no parameter at all.",
    ),
    "body-too-large": Text("要求の本文が大きすぎます。", "The body of the request is too large."),
    "draining": Text(
        "サーバーが停止するところで、新しいクエリを受け付けません。",
        "The server is about to stop and takes no new queries.",
    ),
    "engine-lost": Text(
        "クエリを評価していたプロセスが、答えずに終わりました。",
        "The process that evaluated the query ended without an answer.",
    ),
    "forbidden-feature": Text(
        "外部への通信を求めるクエリ（SERVICE、LOAD）は受け付けません。",
        "The query asks the server to fetch something (SERVICE, LOAD), which is not done.",
    ),
    "gone": Text(
        "このIRIは廃止され、代わりのものはありません。理由を添えて 410 を返します。",
        "This IRI was withdrawn and has no successor; the reason is told with the 410.",
    ),
    "malformed-query": Text(
        "クエリの文法が正しくありません。行・列と、考えられる原因を示します。",
        "The text is not SPARQL; line, column and what may have happened are told.",
    ),
    "method-not-allowed": Text(
        "このメソッドは使えません。Allow を見てください。", "This method cannot be used here; see Allow."
    ),
    "moved": Text(
        "このIRIは別のIRIに改められました。Location が新しい場所です。",
        "This IRI was replaced by another one; Location is where that is.",
    ),
    "not-acceptable": Text(
        "求める形式では返せません。offered から選んでください。",
        "None of the media types asked for can be served; choose from `offered`.",
    ),
    "not-found": Text("この名前のものはありません。", "Nothing has this name."),
    "overloaded": Text(
        "待っているクエリが多すぎます。Retry-After の後にもう一度どうぞ。",
        "Too many queries wait already; try again after Retry-After.",
    ),
    "query-cpu-exceeded": Text(
        "クエリがプロセッサー時間を使い切りました。", "The query used up its share of the processor."
    ),
    "query-memory-exceeded": Text("クエリがメモリを使い切りました。", "The query used up its memory."),
    "query-timeout": Text("クエリが時間を使い切りました。", "The query used up its time."),
    "query-too-large": Text("クエリが長すぎます。", "The query text is too long."),
    "release-error": Text("版を開けません。", "A release cannot be opened."),
    "request-error": Text("要求に誤りがあります。", "The request cannot be answered as it was made."),
    "result-too-large": Text("結果が大きすぎます。", "The answer is longer than an answer may be."),
    "too-many-queries": Text(
        "一つの利用者からのクエリが多すぎます。Retry-After の後にもう一度どうぞ。",
        "One client has too many queries under way; try again after Retry-After.",
    ),
    "derived-graph": Text(
        "他から導かれるグラフには書き込めません。", "A graph that follows from others cannot be written to."
    ),
    "graph-exists": Text("作ろうとしたグラフはすでにあります。", "The graph to be created is there already."),
    "graph-missing": Text("変えようとしたグラフがありません。", "The graph to be changed is not there."),
    "malformed-graph": Text(
        "送られたものを、その形式のグラフとして読めません。",
        "What was sent is not a graph in the syntax that its media type names.",
    ),
    "not-current": Text(
        "If-Match の版は現行版ではありません。ETag が現行版です。",
        "The release in If-Match is not the current one, which ETag names.",
    ),
    "shapes-violated": Text(
        "書き込むと形状（SHACL）に反します。report に理由があります。何も変わっていません。",
        "The shapes (SHACL) do not allow this write; `report` says why. Nothing was changed.",
    ),
    "stated-elsewhere": Text(
        "既定グラフから消そうとしたトリプルは、名前付きグラフが述べています。",
        "A named graph states the triple that was to be deleted from the default graph.",
    ),
    "unauthenticated": Text("書き込みには登録されたトークンが必要です。", "To write takes a token that is known here."),
    "unauthorized": Text("トークンの権限が足りません。", "The token does not allow this."),
    "writer-lost": Text(
        "版を作るプロセスが結果を告げずに終わりました。現行版を確かめてください。",
        "The process that makes releases ended before it told; look at the current release.",
    ),
    "writes-off": Text("このサーバーは書き込みを受け付けません。", "This server takes no writes."),
    "unexpected": Text("サーバー内部の誤りです。", "A fault of the server's own."),
    "unknown-release": Text("この番号の版はありません。", "No release has this id."),
    "unknown-resource": Text(
        "版に、このIRIについての記述がありません。near に近いものを示します。",
        "The release says nothing of this IRI; `near` has what was perhaps meant.",
    ),
    "unsupported-media-type": Text(
        "本文の形式を読めません。accepted から選んでください。",
        "The body has a media type that is not read here; choose from `accepted`.",
    ),
}


def statuses() -> dict[str, int]:
    """Return the status of every kind of problem that has a meaning here."""
    found = {kind_of(kind): status_of(kind) for kind in _classes(PfgraphError)}
    return {name: found[name] for name in MEANINGS}


def _classes(kind: type[PfgraphError]) -> Iterator[type[PfgraphError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _classes(child)


class Kinds:
    """The pages about kinds of problems."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def respond(self, request: Request) -> Response:
        """Return what all kinds of problems mean, or one of them."""
        name = request.path_params.get("kind")
        if name is not None and name not in MEANINGS:
            raise NotFound("この種類の誤りはありません。", "There is no such kind of problem.", found=name[:100])
        shown = MEANINGS if name is None else {name: MEANINGS[name]}
        form = choose(request.headers.getlist("accept"), _FORMS, request.query_params.get("format"))
        headers = {"Vary": "Accept, Accept-Language", "Cache-Control": "no-cache"}
        page = {"kinds": shown, "statuses": statuses(), "one": name}
        if form is forms.HTML:
            return self._site.pages.response("kinds.html", View.of(request), page, headers=headers)
        told = {each: {"status": statuses()[each], **text._asdict()} for each, text in shown.items()}
        return JSONResponse(told, headers=headers)
