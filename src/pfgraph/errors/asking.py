"""What goes wrong with a query or a request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from pfgraph.errors.root import PfgraphError
from pfgraph.messages import Parts, Text


class QueryError(PfgraphError):
    """A query that has no answer."""

    retry_after_s: float | None = None


def _place(line: int | None, column: int | None) -> Text | None:
    return None if line is None else Text(f"{line}行{column}列", f"line {line}, column {column}")


class MalformedQuery(QueryError):
    """The text is not SPARQL; says at which line and column, and what may have happened.

    `excerpt` is that line with a caret under the column; whoever has the text at hand sets it.
    """

    excerpt: str | None = None

    def __init__(
        self,
        ja: str,
        en: str,
        line: int | None = None,
        column: int | None = None,
        hint: Text | None = None,
        **parts: Unpack[Parts],
    ) -> None:
        self.line, self.column, self.hint = line, column, hint
        parts["where"], parts["try_"] = _place(line, column), hint
        super().__init__(ja, en, **parts)

    def __str__(self) -> str:
        """Both languages, and the line itself."""
        return super().__str__() + (f"\n{self.excerpt}" if self.excerpt else "")


class ForbiddenFeature(QueryError):
    """The query asks the server to fetch something (SERVICE, LOAD)."""

    def __init__(self, feature: str, *, line: int | None = None, column: int | None = None) -> None:
        self.feature, self.line, self.column = feature, line, column
        super().__init__(
            f"{feature} はこのサーバーでは使えません。外部への通信は行いません。",
            f"{feature} cannot be used here: this server never opens a connection for a query.",
            where=_place(line, column),
            found=feature,
        )


class QueryTimeout(QueryError):
    """The query used up its time."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(
            f"{timeout_s:g} 秒以内に終わりませんでした。条件を絞るか LIMIT を付けてください。",
            f"The query did not finish within {timeout_s:g} seconds. Narrow the pattern or add a LIMIT.",
        )


class QueryCpuExceeded(QueryError):
    """The query used up its share of the processor."""

    def __init__(self, cpu_s: float) -> None:
        super().__init__(
            f"プロセッサー時間 {cpu_s:g} 秒を使い切りました。条件を絞るか LIMIT を付けてください。",
            f"The query used up {cpu_s:g} seconds of processor time. Narrow the pattern or add a LIMIT.",
        )


class QueryMemoryExceeded(QueryError):
    """The query used up its memory."""

    def __init__(self, memory_bytes: int) -> None:
        super().__init__(
            f"メモリが足りません（上限 {memory_bytes:,} バイト）。直積や整列の対象を減らしてください。",
            f"The query needs more than {memory_bytes:,} bytes of memory. Avoid cross joins, sort less.",
        )


class ResultTooLarge(QueryError):
    """The answer is longer than an answer may be."""

    def __init__(self, max_result_bytes: int) -> None:
        super().__init__(
            f"結果が {max_result_bytes:,} バイトを超えました。LIMIT を付けるか、ダンプを使ってください。",
            f"The result is longer than {max_result_bytes:,} bytes. Add a LIMIT, or download the dump.",
        )


class AnswerNotRead(QueryError):
    """The client did not read its answer in the time there is for that."""

    def __init__(self, stream_s: float) -> None:
        super().__init__(
            f"結果が {stream_s:g} 秒以内に読み取られませんでした。",
            f"The answer was not read within {stream_s:g} seconds.",
            try_=Text(
                "LIMIT を付けて分けるか、ダンプを使ってください。", "Ask for parts with LIMIT, or download the dump."
            ),
        )


class QueryTooLarge(QueryError):
    """The query text is longer than a query may be."""

    def __init__(self, query_bytes: int, max_query_bytes: int) -> None:
        found, expected = f"{query_bytes:,} B", f"≤ {max_query_bytes:,} B"
        super().__init__("クエリが長すぎます。", "The query is too long.", found=found, expected=expected)


class EngineLost(QueryError):
    """The process that evaluated the query ended without an answer."""

    def __init__(self, hint: Text | None = None) -> None:
        super().__init__(
            "クエリを評価していたプロセスが応答なく終了しました。このクエリの結果はありません。",
            "The process that evaluated this query ended without an answer.",
            try_=hint or Text("クエリを簡単にしてください。", "Try a simpler query."),
        )


def _later(retry_after_s: float) -> Text:
    return Text(f"{retry_after_s:g} 秒後にもう一度どうぞ。", f"Try again in {retry_after_s:g} seconds.")


class Overloaded(QueryError):
    """Too many queries wait already."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            "混み合っています。",
            "Too many queries are waiting.",
            try_=_later(retry_after_s),
        )


class TooManyQueries(Overloaded):
    """One client has too many queries under way."""

    def __init__(self, per_client: int, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        QueryError.__init__(
            self,
            "同じ利用者からのクエリが多すぎます。",
            "Too many queries of one client are under way.",
            expected=f"≤ {per_client}",
            try_=_later(retry_after_s),
        )


class Draining(QueryError):
    """The server is about to stop and takes no new queries."""

    def __init__(self, retry_after_s: float = 5.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            "サーバーを停止しています。",
            "The server is stopping.",
            try_=_later(retry_after_s),
        )


class DumpsInTheMaking(QueryError):
    """The dumps of a release are being made, and take longer than a client can be made to wait."""

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            "この版のダンプを作っているところです。",
            "The dumps of this release are being made.",
            try_=_later(retry_after_s),
        )


class RequestError(PfgraphError):
    """A request that cannot be answered as it was made."""


class BadParameter(RequestError):
    """A parameter's value is not of its type, is missing, or is not a parameter at all."""

    def __init__(self, name: str, ja: str, en: str, *, example: str | None = None, **parts: Unpack[Parts]) -> None:
        self.name, self.example = name, example
        if example is not None:
            parts["try_"] = Text(f"例: {name}={example}", f"Example: {name}={example}")
        parts.setdefault("where", name)
        super().__init__(ja, en, **parts)


class NotAcceptable(RequestError):
    """None of the media types on offer is acceptable to the client."""

    def __init__(self, found: str, offered: Sequence[str]) -> None:
        self.offered = tuple(offered)
        ja, en = "要求された形式では返せません。", "None of the requested media types can be served here."
        super().__init__(ja, en, found=found, expected=", ".join(offered))


class UnsupportedMediaType(RequestError):
    """The body has a media type that is not read here."""

    def __init__(self, found: str, accepted: Sequence[str]) -> None:
        self.accepted = tuple(accepted)
        ja, en = "この形式の本文は受け取れません。", "This media type is not accepted here."
        super().__init__(ja, en, found=found, expected=", ".join(accepted))


class BodyTooLarge(RequestError):
    """The body of the request is longer than a body may be."""

    def __init__(self, max_body_bytes: int) -> None:
        expected = f"≤ {max_body_bytes:,} B"
        super().__init__("本文が大きすぎます。", "The body is too large.", expected=expected)


class NotFound(RequestError):
    """Nothing has this name."""


class Gone(RequestError):
    """This existed and was withdrawn."""


class Moved(RequestError):
    """This was withdrawn, and something else took its place."""

    def __init__(self, words: Text, *, found: str, successor: str, location: str) -> None:
        self.location = location
        super().__init__(words.ja, words.en, found=found, expected=successor)


class CitationsFull(RequestError):
    """As many citations are kept here as may be."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "これ以上の引用は登録できません。",
            "No more citations can be kept here.",
            expected=f"≤ {limit:,}",
            try_=Text(
                "クエリと版の番号を本文に書いて引用してください。",
                "Cite by writing down the query and the number of the release.",
            ),
        )


class TooManyCitations(RequestError):
    """One client made too many citations lately."""

    def __init__(self, per_hour: int, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            "同じ利用者からの引用の登録が多すぎます。",
            "One client has made too many citations.",
            expected=Text(f"1 時間に {per_hour} 件まで", f"up to {per_hour} an hour"),
            try_=_later(retry_after_s),
        )


class MethodNotAllowed(RequestError):
    """The resource does not answer to this method."""

    def __init__(self, found: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        ja, en = "このメソッドは使えません。", "This method cannot be used here."
        super().__init__(ja, en, found=found, expected=", ".join(allowed))
