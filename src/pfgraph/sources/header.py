"""The header of a query file: `#+` lines of YAML before the query, with grlc's keys and Japanese twins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from pfgraph.errors import QueryHeaderError
from pfgraph.messages import Text
from pfgraph.sources.blocks import Block, compose
from pfgraph.sources.parameters import KINDS

MARK = "#+"
_KEYS = ("summary", "summary_ja", "description", "description_ja", "tags", "params", "columns", "examples")
_TITLE_KEYS = ("title", "title_ja")
_PARAMETER_KEYS = (
    *("name", "type", *_TITLE_KEYS, "description", "description_ja"),
    *("example", "pattern", "values", "required"),
)
_EXAMPLE_KEYS = (*_TITLE_KEYS, "arguments", "expected")


@dataclass(frozen=True)
class Declaration:
    """A parameter as the header declares it, and on which line; its default stands in the query.

    `kind` is empty where the header names none that there is.
    """

    line: int
    name: str
    kind: str
    required: bool
    title: Text
    description: Text
    pattern: str | None
    values: tuple[str, ...]
    example: str | None


@dataclass(frozen=True)
class Example:
    """Arguments worth trying, and the file (in tests/queries/) that holds the answer expected of them."""

    title: Text
    arguments: Mapping[str, str]
    expected: str | None = None


@dataclass(frozen=True)
class Header:
    """What a query file says of itself; the columns and each example with their lines."""

    title: Text
    description: Text
    tags: tuple[str, ...]
    parameters: tuple[Declaration, ...]
    columns: Mapping[str, Text]
    columns_line: int
    examples: tuple[tuple[int, Example], ...]


def read(text: str, file: str, errors: list[QueryHeaderError]) -> Header | None:
    """Return the header of a query text, None if there is none; what is wrong with it goes to `errors`."""
    try:
        node = compose(_yaml(text), file)
    except QueryHeaderError as error:
        errors.append(error)
        return None
    if node is None:
        ja, en = "ヘッダーがありません。", "There is no header."
        errors.append(QueryHeaderError(ja, en, file=file, line=1, expected=f"{MARK} summary: …"))
        return None
    top = Block(node, (file, 1), errors, _KEYS)
    columns = top.block("columns")
    return Header(
        title=top.text("summary"),
        description=top.text("description"),
        tags=top.words("tags"),
        parameters=tuple(map(_declaration, top.blocks("params", _PARAMETER_KEYS))),
        columns=MappingProxyType({name: _title(columns.block(name, Text._fields)) for name in columns.nodes}),
        columns_line=columns.line,
        examples=tuple((block.line, _example(block)) for block in top.blocks("examples", _EXAMPLE_KEYS)),
    )


def _yaml(text: str) -> str:
    """Return the header's YAML, with blanks for its marks, so that lines and columns are the file's."""
    lines = []
    for line in text.split("\n"):
        if not line.startswith(MARK):
            break
        lines.append("  " + line.removeprefix(MARK))
    return "\n".join(lines)


def _title(column: Block) -> Text:
    return Text(column.word("ja"), column.word("en"))


def _declaration(block: Block) -> Declaration:
    described = block.has("description") or block.has("description_ja")
    return Declaration(
        line=block.line,
        name=block.name("name"),
        kind=_kind(block),
        required=block.flag("required"),
        title=block.text("title"),
        description=block.text("description") if described else Text("", ""),
        pattern=_pattern(block),
        values=block.words("values"),
        example=block.maybe("example"),
    )


def _kind(block: Block) -> str:
    kind = block.word("type")
    if kind in KINDS:
        return kind
    if kind:
        ja, en = "この型はありません。", "There is no such type."
        block.wrong("type", ja, en, kind, expected=", ".join(KINDS))
    return ""


def _pattern(block: Block) -> str | None:
    pattern = block.maybe("pattern")
    try:
        re.compile(pattern or "")
    except re.error as error:
        block.wrong("pattern", "正規表現として読めません。", "This is no regular expression.", str(error))
        return None
    return pattern


def _example(block: Block) -> Example:
    given = block.block("arguments")
    arguments = {name: given.word(name) for name in given.nodes}
    return Example(block.text("title"), MappingProxyType(arguments), block.maybe("expected"))
