"""query, sparql, export: questions to the current release."""

from __future__ import annotations

import asyncio
import difflib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pfgraph.cli import console
from pfgraph.cli.making import Json
from pfgraph.errors import BadParameter, NotFound
from pfgraph.messages import Text
from pfgraph.namespaces import compact
from pfgraph.settings import Settings

if TYPE_CHECKING:
    from pfgraph.releases.release import Release
    from pfgraph.sources.queries import CannedQuery

# Any `--name value` is a parameter of the query.
ANY_PARAMETER = {"allow_extra_args": True, "ignore_unknown_options": True}


class Form(StrEnum):
    """How an answer is written; a graph is Turtle unless another RDF syntax is asked for."""

    TABLE = "table"
    CSV = "csv"
    TSV = "tsv"
    JSON = "json"
    XML = "xml"
    TURTLE = "turtle"
    NT = "nt"
    JSONLD = "jsonld"


_SOLUTIONS = {
    Form.TABLE: "application/sparql-results+json",
    Form.CSV: "text/csv",
    Form.TSV: "text/tab-separated-values",
    Form.JSON: "application/sparql-results+json",
    Form.XML: "application/sparql-results+xml",
}
_GRAPHS = {
    Form.TABLE: "text/turtle",
    Form.TURTLE: "text/turtle",
    Form.NT: "application/n-triples",
    Form.JSON: "application/ld+json",
    Form.JSONLD: "application/ld+json",
    Form.XML: "application/rdf+xml",
}


class Exported(StrEnum):
    """In which syntax a release is written out."""

    NQ = "nq"
    TRIG = "trig"
    TTL = "ttl"
    NT = "nt"
    RDF = "rdf"
    CSV = "csv"


Answer = Annotated[Form, typer.Option("--format", help="答えの形式 / form of the answer")]


def query(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="クエリ名 / name of the query")] = None,
    form: Answer = Form.TABLE,
    as_json: Json = False,
) -> None:
    """名前の付いた問いに答える（名前がなければ一覧）。--引数名 値 で引数を渡す。

    Answer a named query, or list them; arguments are given as --NAME VALUE, such as --lang en.
    """
    release = _current()
    if name is None:
        _list(release.queries().values(), as_json=as_json)
        return
    asked = release.queries().get(name)
    if asked is None:
        raise _no_such_query(name, list(release.queries()))
    text = asked.bind(_arguments(context.args, asked))
    _answer(release, text, asked.form, Form.JSON if as_json else form)


def sparql(
    text: Annotated[str, typer.Argument(metavar="QUERY", help="SPARQL。- なら標準入力から / - reads stdin")],
    form: Answer = Form.TABLE,
    as_json: Json = False,
) -> None:
    """SPARQL に答える / Answer a SPARQL query."""
    from pfgraph.query.sparql import inspect

    text = sys.stdin.read() if text == "-" else text
    _answer(_current(), text, inspect(text).form, Form.JSON if as_json else form)


def _current() -> Release:
    """Return the current release, the first one made now if need be; say so when the sources are newer."""
    from pfgraph.releases import pipeline
    from pfgraph.releases.shelf import Shelf

    settings = Settings.from_environ(os.environ)
    shelf = Shelf(settings.home)
    current = shelf.current()
    if current is None:
        return pipeline.make(settings.sources, shelf, console.step)
    if not shelf.is_made_from(pipeline.made_from(settings.sources)):
        console.note(
            Text(
                f"ソースは版 {current.id} より新しくなっています（`pfgraph release` で反映）。",
                f"The sources have changed since release {current.id} (`pfgraph release` takes them in).",
            )
        )
    return current


def _list(queries: Iterable[CannedQuery], *, as_json: bool) -> None:
    """Print which queries there are, with their parameters."""
    if as_json:
        console.say_json(
            [
                {
                    "name": query.name,
                    "title": query.title._asdict(),
                    "description": query.description._asdict(),
                    "parameters": [parameter.name for parameter in query.parameters],
                    "columns": list(query.columns),
                }
                for query in queries
            ]
        )
        return
    rows = [[q.name, " ".join(f"--{p.name}" for p in q.parameters), q.title.ja, q.title.en] for q in queries]
    print(console.table(["query", "parameters", "ja", "en"], rows))


def _arguments(args: list[str], asked: CannedQuery) -> Mapping[str, str]:
    """Return `--name value`, `--name=value` and `--param name=value` as a mapping."""
    found: dict[str, str] = {}
    rest = iter(args)
    for arg in rest:
        name, equals, value = arg.removeprefix("--").partition("=")
        if not arg.startswith("--") or not name:
            raise _stray(arg, asked)
        given = value if equals else next(rest, None)
        if given is None:
            raise _stray(arg, asked)
        if name == "param":
            name, _, given = given.partition("=")
        found[name] = given
    return found


def _answer(release: Release, text: str, form: str, wanted: Form) -> None:
    """Evaluate a query in a process of its own and print the answer."""
    offered = _SOLUTIONS if form in {"SELECT", "ASK"} else _GRAPHS
    if wanted not in offered:
        raise BadParameter(
            "--format",
            f"{form} の答えはこの形式では書けません。",
            f"The answer to {form} cannot be written like this.",
            found=wanted.value,
            expected=", ".join(form.value for form in offered),
        )
    body = asyncio.run(_evaluate(release, text, offered[wanted]))
    if wanted is Form.TABLE and offered is _SOLUTIONS:
        print(_table(json.loads(body)))
    else:
        console.write(body if body.endswith(b"\n") else body + b"\n")


async def _evaluate(release: Release, text: str, media_type: str) -> bytes:
    from pfgraph.query.engine import Engine, Request

    # One query, one cell.
    engine = Engine(replace(Settings.from_environ(os.environ), cells=1))
    await engine.start()
    try:
        answer = await engine.answer(Request(text, media_type, release))
        if isinstance(answer.body, bytes):
            return answer.body
        return b"".join([chunk async for chunk in answer.body])
    finally:
        await engine.close()


def _table(results: Mapping[str, Any]) -> str:
    """Return SPARQL results in columns, IRIs as prefixed names; or true, or false."""
    if "boolean" in results:
        return str(results["boolean"]).lower()
    columns: list[str] = results["head"]["vars"]
    rows = [[_cell(row.get(column)) for column in columns] for row in results["results"]["bindings"]]
    return console.table(columns, rows)


def _cell(term: Mapping[str, str] | None) -> str:
    if term is None:
        return ""
    return compact(term["value"]) if term["type"] == "uri" else term["value"]


def export(
    form: Annotated[Exported, typer.Option("--format", help="形式 / syntax")] = Exported.NQ,
    output: Annotated[Path | None, typer.Option(help="書き出し先 / where to write")] = None,
) -> None:
    """現行版を書き出す（nq と trig は名前付きグラフも）。

    Write the current release out (nq and trig: with the named graphs).
    """
    from pfgraph.releases.export import FORMS

    content = FORMS[form.value](_current())
    if output is None:
        console.write(content)
    else:
        output.write_bytes(content)


def _no_such_query(name: str, names: list[str]) -> NotFound:
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    return NotFound(
        "そのクエリはありません。",
        "There is no such query.",
        found=name,
        try_=Text(f"{near[0]} のことですか。", f"Did you mean {near[0]}?")
        if near
        else Text("一覧は `pfgraph query` で見られます。", "`pfgraph query` lists them."),
    )


def _stray(arg: str, asked: CannedQuery) -> BadParameter:
    names = [f"--{parameter.name}" for parameter in asked.parameters]
    return BadParameter(
        arg,
        "引数は --名前 値 の形で渡してください。",
        "Arguments are given as --NAME VALUE.",
        expected=", ".join(names) or None,
    )
