"""validate, verify-source: files against the shapes, the graph against the printed document."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from pfgraph.cli import console
from pfgraph.cli.making import Json
from pfgraph.messages import Text
from pfgraph.settings import Settings

Existing = typer.Argument(exists=True, dir_okay=False, readable=True)


class ReportFormat(StrEnum):
    """How a SHACL report is written."""

    TEXT = "text"
    TURTLE = "turtle"
    JSON = "json"


class ShaclEngine(StrEnum):
    """Which engine validates: the fast one, or the reference."""

    SHIFTY = "shifty"
    PYSHACL = "pyshacl"


def validate(
    files: Annotated[list[Path], Existing],
    engine: Annotated[ShaclEngine, typer.Option(help="検証エンジン / engine")] = ShaclEngine.SHIFTY,
    form: Annotated[ReportFormat, typer.Option("--format", help="報告の形式 / form of the report")] = ReportFormat.TEXT,
    lang: Annotated[str | None, typer.Option(help="ja, en; 既定は両方 / both by default")] = None,
) -> None:
    """ファイルを、全データに加えたものとして形状（SHACL）で検証する。

    Validate RDF files or tables as additions to all the data; exit status 1 on violations.
    """
    from pfgraph.releases import pipeline

    root = Settings.from_environ(os.environ).sources
    report = pipeline.judge(root, files, engine.value, console.step)
    if form is ReportFormat.TURTLE:
        print(report.to_turtle(), end="")
    elif form is ReportFormat.JSON:
        print(report.to_json())
    else:
        for language in [lang] if lang else ["ja", "en"]:
            print(report.to_text(language))
    if not report.conforms:
        raise typer.Exit(1)


def verify_source(file: Annotated[Path, Existing], as_json: Json = False) -> None:
    """出典文書の本文と、すべての記述の位置・ハッシュを照合する。

    Compare the positions and digests of all statements with the text of the source document.
    """
    from pfgraph.graph import dataset, evidence
    from pfgraph.sources import tree

    with console.step(Text("データセットを組み立てる", "build the dataset")):
        built = dataset.build(tree.read(Settings.from_environ(os.environ).sources))
    found = evidence.verify_source(built, file)
    if as_json:
        mismatches = [{"subject": m.subject, **m.message.fields()} for m in found.mismatches]
        ok = not mismatches
        console.say_json({"ok": ok, "document": found.document, "spans": found.spans, "mismatches": mismatches})
    else:
        for mismatch in found.mismatches:
            console.say(Text(mismatch.message.ja, mismatch.message.en))
        count = len(found.mismatches)
        console.say(
            Text(
                f"{found.document}: {found.spans} 箇所を照合、不一致 {count} 件。",
                f"{found.document}: compared {found.spans} spans, {count} do not match.",
            )
        )
    if found.mismatches:
        raise typer.Exit(1)
