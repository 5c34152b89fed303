"""The exceptions of pfgraph, as one tree; each speaks Japanese and English."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, Unpack

from pfgraph.messages import Message, Parts, Text, both


class PfgraphError(Exception):
    """Something a person can act on: where, what was found, what was expected, what to try.

    `ja` and `en` are complete messages and `str(error)` is both, one line each; `fields()` are the parts.
    """

    def __init__(self, ja: str, en: str, **parts: Unpack[Parts]) -> None:
        where, found = both(parts.get("where")), both(parts.get("found"))
        expected, try_ = both(parts.get("expected")), both(parts.get("try_"))
        self.message = Message(Text(ja, en), where, found, expected, try_)
        self.ja, self.en = self.message.ja, self.message.en
        super().__init__(ja, en)

    def __str__(self) -> str:
        """Both languages, one line each."""
        return f"{self.ja}\n{self.en}"

    def fields(self) -> dict[str, dict[str, str]]:
        """Return the parts of the message (message, where, found, expected, try) by language, for JSON."""
        return self.message.fields()


class SettingError(PfgraphError):
    """An environment variable that cannot be a setting."""


# ---- what people edit


class SourceError(PfgraphError):
    """A source file that cannot be read as what it should be, with file, line and column."""

    def __init__(
        self,
        ja: str,
        en: str,
        *,
        file: str,
        line: int | None = None,
        column: Text | str | int | None = None,
        **parts: Unpack[Parts],
    ) -> None:
        self.file, self.line, self.column = file, line, column
        place = file if line is None else f"{file}:{line}"
        if isinstance(column, int):
            place += f":{column}"
        title = None if isinstance(column, int) else both(column)
        parts["where"] = Text(f"{place}（{title.ja}）", f"{place} ({title.en})") if title else place
        super().__init__(ja, en, **parts)


class TableError(SourceError):
    """A table, its metadata or one of its cells is wrong."""


class TurtleError(SourceError):
    """A Turtle file does not parse, or cannot be written in the canonical form."""


class QueryHeaderError(SourceError):
    """A query file's header or slots are wrong."""


class CatalogError(SourceError):
    """The catalogue and the data files disagree."""


class LinkError(SourceError):
    """An IRI of ours is used but never described."""


class SourcesRefused(PfgraphError):
    """All the source errors that were found, so that an officer mends a table in one go."""

    def __init__(self, errors: Iterable[SourceError]) -> None:
        self.errors: tuple[SourceError, ...] = tuple(errors)
        count = len(self.errors)
        super().__init__(f"誤りが {count} 件あります。", f"{count} error{'s' if count != 1 else ''}.")

    def __str__(self) -> str:
        """Every error in both languages, then how many."""
        return "\n".join([*(str(error) for error in self.errors), self.ja, self.en])


class Validation(Protocol):
    """What a SHACL report is to an error: something that can be read out."""

    def to_text(self, lang: str) -> str:
        """Return the report in one language."""
        ...


class ShapesViolated(PfgraphError):
    """The data do not conform to the shapes; `report` says where."""

    def __init__(self, report: Validation) -> None:
        self.report = report
        super().__init__("データが形状（SHACL）に適合しません。", "The data do not conform to the shapes.")

    def __str__(self) -> str:
        """The sentence and the report, first in Japanese, then in English."""
        return "\n".join([self.ja, self.report.to_text("ja"), self.en, self.report.to_text("en")])


# ---- what is frozen


class ReleaseError(PfgraphError):
    """A release cannot be made, opened or trusted."""


class UnknownRelease(ReleaseError):
    """No release has this id."""

    def __init__(self, release_id: str) -> None:
        try_ = Text("一覧は `pfgraph releases` で見られます。", "`pfgraph releases` lists them.")
        super().__init__("その版はありません。", "There is no such release.", found=release_id, try_=try_)


# ---- what is asked


class QueryError(PfgraphError):
    """A query that has no answer."""

    retry_after_s: float | None = None


def _place(line: int | None, column: int | None) -> Text | None:
    return None if line is None else Text(f"{line}行{column}列", f"line {line}, column {column}")


class MalformedQuery(QueryError):
    """The text is not SPARQL; says at which line and column, and what may have happened."""

    def __init__(
        self, ja: str, en: str, line: int | None = None, column: int | None = None, hint: Text | None = None
    ) -> None:
        self.line, self.column, self.hint = line, column, hint
        super().__init__(ja, en, where=_place(line, column), try_=hint)


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


class QueryTooLarge(QueryError):
    """The query text is longer than a query may be."""

    def __init__(self, query_bytes: int, max_query_bytes: int) -> None:
        found, expected = f"{query_bytes:,} B", f"≤ {max_query_bytes:,} B"
        super().__init__("クエリが長すぎます。", "The query is too long.", found=found, expected=expected)


class EngineLost(QueryError):
    """The process that evaluated the query ended without an answer."""

    def __init__(self) -> None:
        super().__init__(
            "クエリを評価していたプロセスが応答なく終了しました。このクエリの結果はありません。",
            "The process that evaluated this query ended without an answer.",
            try_=Text("クエリを簡単にしてください。", "Try a simpler query."),
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


class Draining(QueryError):
    """The server is about to stop and takes no new queries."""

    def __init__(self, retry_after_s: float = 5.0) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(
            "サーバーを停止しています。",
            "The server is stopping.",
            try_=_later(retry_after_s),
        )


# ---- what a request gets wrong


class RequestError(PfgraphError):
    """A request that cannot be answered as it was made."""


class BadParameter(RequestError):
    """A parameter's value is not of its type, is missing, or is not a parameter at all."""

    def __init__(
        self, name: str, ja: str, en: str, *, example: str | None = None, **parts: Unpack[Parts]
    ) -> None:
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


class NotFound(RequestError):
    """Nothing has this name."""


class Gone(RequestError):
    """This existed and was withdrawn."""


class MethodNotAllowed(RequestError):
    """The resource does not answer to this method."""

    def __init__(self, found: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        ja, en = "このメソッドは使えません。", "This method cannot be used here."
        super().__init__(ja, en, found=found, expected=", ".join(allowed))
