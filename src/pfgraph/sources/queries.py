"""One `.rq` file is one operation: a header, a query, and slots that arguments are bound to."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from pyoxigraph import QuerySolutions, Store

from pfgraph.errors import BadParameter, QueryHeaderError, SourcesRefused
from pfgraph.messages import Text
from pfgraph.sources import characters, declarations, header, selection, slots
from pfgraph.sources.header import Example, Header
from pfgraph.sources.lexer import line_at
from pfgraph.sources.parameters import MAX_SHOWN, Parameter
from pfgraph.sources.selection import Selection
from pfgraph.sources.slots import Slot

__all__ = ["CannedQuery", "Example", "Form", "Parameter", "read"]

Form = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]

_FILE_NAME = re.compile("[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_VERBS = ("count", "fetch", "find", "get", "list", "query", "search", "select", "show")
_PARSER_PLACE = re.compile(r"error at (\d+):(\d+): ")


@dataclass(frozen=True)
class CannedQuery:
    """A query that is asked by name; `text` is the whole file, which any SPARQL tool runs as it is.

    `columns` are the variables a SELECT projects, in order, and `titles` what heads each of them.
    """

    name: str
    form: Form
    title: Text
    description: Text
    parameters: tuple[Parameter, ...]
    columns: tuple[str, ...]
    examples: tuple[Example, ...]
    text: str
    tags: tuple[str, ...] = ()
    titles: Mapping[str, Text] = field(default_factory=dict)
    slots: tuple[Slot, ...] = field(default=(), repr=False)

    def bind(self, arguments: Mapping[str, str]) -> str:
        """Return the query with each argument, as a term of its type, in place of its slots' row.

        All slots are filled in one pass, so a value that looks like a slot stays a value. What is no value, a
        required parameter left out and a parameter that the query does not have raise BadParameter.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in arguments:
            if name not in known:
                raise _unknown(name, list(known))
        for parameter in self.parameters:
            if parameter.required and parameter.name not in arguments:
                raise _left_out(parameter)
        terms = {name: known[name].term(value) for name, value in arguments.items()}
        return slots.fill(self.text, self.slots, terms)


def read(path: Path, file: str) -> CannedQuery:
    """Return the query in a file, or raise what is wrong: one error as it is, more as SourcesRefused."""
    text = characters.decode(path, file)
    errors = [*_misnamed(path.stem, file), *_unclean(text, file)]
    heading = header.read(text, file, errors)
    query = _query(path.stem, text, file, heading, errors) if heading else None
    if len(errors) == 1:
        raise errors[0]
    if query is None or errors:
        raise SourcesRefused(errors)
    return query


def _query(name: str, text: str, file: str, heading: Header, errors: list[QueryHeaderError]) -> CannedQuery | None:
    """Return the query a text and its header make; what is wrong goes to `errors`."""
    said = selection.inspect(text)
    columns = _columns(text, file, said, errors)
    if columns is None:
        return None
    errors += selection.faults(said, columns, text, file)
    errors += _mistitled(columns, heading, file)
    found = slots.find(text)
    body = declarations.Body(file, text, said.start, found)
    query = CannedQuery(
        name=name,
        form=cast(Form, said.form),
        title=heading.title,
        description=heading.description,
        parameters=tuple(declarations.parameters(heading.parameters, body, errors)),
        columns=columns,
        examples=tuple(example for _, example in heading.examples),
        text=text,
        tags=heading.tags,
        titles=heading.columns,
        slots=tuple(slot for slot in found if slot.name in {d.name for d in heading.parameters}),
    )
    if not errors:
        errors += _unbindable(query, heading, file)
    return query


def _columns(text: str, file: str, said: Selection, errors: list[QueryHeaderError]) -> tuple[str, ...] | None:
    """Return the variables a SELECT projects, none for other forms, None where the text does not run here."""
    if said.fetch:
        ja, en = "外部への通信は使えません。", "A query may not fetch from elsewhere."
        line = line_at(text, said.fetch.start)
        errors.append(QueryHeaderError(ja, en, file=file, line=line, found=said.fetch.text))
        return None
    if not said.form:
        ja, en = "クエリがありません。", "There is no query."
        errors.append(QueryHeaderError(ja, en, file=file, expected="SELECT, ASK, CONSTRUCT, DESCRIBE"))
        return None
    try:
        answer = Store().query(text)
    except SyntaxError as error:
        errors.append(_malformed(str(error), file))
        return None
    return tuple(v.value for v in answer.variables) if isinstance(answer, QuerySolutions) else ()


def _malformed(problem: str, file: str) -> QueryHeaderError:
    place = _PARSER_PLACE.match(problem)
    line, column = (int(place[1]), int(place[2])) if place else (None, None)
    found = problem[place.end() :] if place else problem
    # The parser lists whole Unicode ranges of what it would take.
    found = found.split("\n")[0][:200]
    ja, en = "SPARQL のクエリとして読めません。", "This is no SPARQL query."
    return QueryHeaderError(ja, en, file=file, line=line, column=column, found=found)


def _misnamed(name: str, file: str) -> Iterator[QueryHeaderError]:
    if not _FILE_NAME.fullmatch(name) or name.partition("-")[0] in _VERBS:
        yield QueryHeaderError(
            "ファイル名が、小文字とハイフンの名詞句ではありません。",
            "The file's name is no noun phrase in lower case with hyphens.",
            file=file,
            found=name,
            expected="core-city-participants",
        )


def _unclean(text: str, file: str) -> Iterator[QueryHeaderError]:
    """Return the lines that hold characters a source file does not."""
    for number, line in enumerate(text.split("\n"), 1):
        if fault := characters.fault(line.removesuffix("\r")):
            reason, expected = fault
            yield QueryHeaderError(*reason, file=file, line=number, found=repr(line), expected=repr(expected))
        elif line != line.rstrip().removeprefix(characters.BOM):
            ja, en = (
                "行末の空白・CR、または BOM があります。",
                "A line ends in blanks or CR, or starts with a BOM.",
            )
            yield QueryHeaderError(ja, en, file=file, line=number, found=repr(line), expected="LF, UTF-8")
    if not text.endswith("\n"):
        ja, en = "最後の行に改行がありません。", "The last line has no line feed."
        yield QueryHeaderError(ja, en, file=file, line=text.count("\n") + 1)


def _mistitled(columns: Sequence[str], heading: Header, file: str) -> Iterator[QueryHeaderError]:
    if list(heading.columns) != list(columns):
        ja, en = "columns が結果の列と違います。", "The columns are not those of the result."
        found, expected = ", ".join(heading.columns), ", ".join(columns)
        line = heading.columns_line
        yield QueryHeaderError(ja, en, file=file, line=line, found=found or "∅", expected=expected or "∅")


def _unbindable(query: CannedQuery, heading: Header, file: str) -> Iterator[QueryHeaderError]:
    """Return the examples whose arguments are refused, or that there is none."""
    if not heading.examples:
        yield QueryHeaderError("例がありません。", "There is no example.", file=file, expected="examples: …")
    for line, example in heading.examples:
        try:
            query.bind(example.arguments)
        except BadParameter as error:
            message = error.message
            yield QueryHeaderError(
                f"例の引数 {error.name}: {message.text.ja}",
                f"The example's argument {error.name}: {message.text.en}",
                file=file,
                line=line,
                found=message.found,
                expected=message.expected,
                try_=message.try_,
            )


def _unknown(name: str, known: Sequence[str]) -> BadParameter:
    name = name[:MAX_SHOWN]
    near = difflib.get_close_matches(name, known)
    names = ", ".join(near)
    return BadParameter(
        name,
        "この引数はありません。",
        "There is no such parameter.",
        found=name,
        expected=", ".join(known) or Text("引数なし", "no parameters"),
        try_=Text(f"{names} のことですか。", f"Did you mean {names}?") if near else None,
    )


def _left_out(parameter: Parameter) -> BadParameter:
    return BadParameter(
        parameter.name,
        "この引数は省略できません。",
        "This parameter cannot be left out.",
        example=parameter.example,
        expected=parameter.expected,
    )
