"""What goes wrong with a write."""

from __future__ import annotations

from typing import Unpack

from pfgraph.errors.root import PfgraphError
from pfgraph.messages import Parts, Text


class WriteError(PfgraphError):
    """A write that cannot be made as the graphs are now."""


class GraphMissing(WriteError):
    """The graph to be changed is not there."""

    def __init__(self, graph: str) -> None:
        super().__init__("このグラフはありません。", "There is no such graph.", found=graph)


class GraphExists(WriteError):
    """The graph to be created is there already."""

    def __init__(self, graph: str) -> None:
        super().__init__("このグラフはすでにあります。", "This graph exists already.", found=graph)


class StatedElsewhere(WriteError):
    """A triple was to be deleted from the default graph, but it is a named graph that states it."""

    def __init__(self, triple: str, graph: str) -> None:
        super().__init__(
            "このトリプルは名前付きグラフが述べています。既定グラフからは、既定グラフに足したものだけを消せます。",
            "A named graph states this triple; from the default graph goes only what was added to it.",
            found=triple,
            expected=f"GRAPH <{graph}>",
            try_=Text("そのグラフから消してください。", "Delete it from that graph."),
        )


class DerivedGraph(WriteError):
    """A graph that follows from others cannot be written to."""

    def __init__(self, graph: str) -> None:
        super().__init__(
            "このグラフは他から導かれるので、書き込めません。",
            "This graph follows from the others and cannot be written to.",
            found=graph,
            try_=Text("もとになる事実か規則を変えてください。", "Change the facts or the rules it follows from."),
        )


class NotCurrent(WriteError):
    """The release that the writer saw is not the current one any more."""

    def __init__(self, current: str, wanted: str) -> None:
        self.current = current
        super().__init__(
            "ご覧になった版は、もう現行版ではありません。",
            "The release you saw is not the current one any more.",
            where="If-Match",
            found=wanted[:200],
            expected=f'"{current}"',
            try_=Text("現行版を読み直してください。", "Read the current release again."),
        )


class MalformedGraph(WriteError):
    """What was sent is not a graph in the syntax that its media type names."""

    def __init__(self, media_type: str, said: str) -> None:
        ja, en = "この形式のグラフとして読めません。", "This cannot be read as a graph in this syntax."
        super().__init__(ja, en, found=said[:500], expected=media_type)


class Unauthenticated(WriteError):
    """Whoever writes must show a token, and a known one."""

    def __init__(self) -> None:
        super().__init__(
            "書き込みには、登録されたトークンが必要です。",
            "To write takes a token that is known here.",
            expected="Authorization: Bearer …",
        )


class Unauthorized(WriteError):
    """The token does not allow this."""

    def __init__(self, scope: str, **parts: Unpack[Parts]) -> None:
        self.scope = scope
        ja, en = "このトークンでは、この書き込みはできません。", "This token does not allow this write."
        parts.setdefault("expected", Text(f"権限 {scope}", f"the scope {scope}"))
        super().__init__(ja, en, **parts)


class WritesOff(WriteError):
    """This server takes no writes."""

    def __init__(self) -> None:
        super().__init__(
            "このサーバーは書き込みを受け付けていません。",
            "This server takes no writes.",
            try_=Text(
                "運用者は PFGRAPH_TOKENS を設定すると受け付けられます。",
                "Whoever runs it turns them on by setting PFGRAPH_TOKENS.",
            ),
        )


class WriterLost(WriteError):
    """The process that makes releases ended, or took too long, before it said what became of the write."""

    def __init__(self) -> None:
        super().__init__(
            "版を作るプロセスが、結果を告げずに終了しました。",
            "The process that makes releases ended before it said what became of the write.",
            try_=Text("現行版を確かめてからもう一度どうぞ。", "Look at the current release, then try again."),
        )
