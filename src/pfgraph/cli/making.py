"""check, build, release: from the source files to the current release."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pfgraph.cli import console
from pfgraph.errors import ShapesViolated, SourcesRefused
from pfgraph.messages import Text
from pfgraph.settings import Settings

if TYPE_CHECKING:
    from pfgraph.releases.pipeline import Built

Json = Annotated[bool, typer.Option("--json", help="機械可読の出力 / output for machines")]


def check(
    fix: Annotated[bool, typer.Option("--fix", help="正規の形に直す / restore the canonical bytes")] = False,
    as_json: Json = False,
) -> None:
    """すべてのソース（書式・語彙・形状・データ・クエリ・リンク）を検査する / Check all the sources."""
    from pfgraph.releases import pipeline
    from pfgraph.sources import tree as trees

    root = Settings.from_environ(os.environ).sources
    tree, errors = pipeline.survey(root, console.step)
    fixed = trees.fix(tree) if fix else []
    if fixed:
        tree, errors = pipeline.survey(root, console.step)
    errors += trees.misshapen(tree)
    for file in fixed:
        console.note(Text(f"{file}: 正規の形に直しました。", f"{file}: restored to its canonical form."))
    if errors:
        raise SourcesRefused(errors)
    parts = pipeline.built(tree, console.step)
    _refuse_violations(parts)
    if as_json:
        console.say_json({"ok": True, "fixed": fixed, "report": console.parsed(parts.report.to_json())})
        return
    _show_remarks(parts)
    counts = len(tree.readings), len(tree.queries)
    console.say(
        Text(
            f"問題ありません（グラフ {counts[0]}、クエリ {counts[1]}）。",
            f"All is well ({counts[0]} graphs, {counts[1]} queries).",
        )
    )


def build(
    output: Annotated[Path | None, typer.Option(help="N-Quads を書く先 / where to write N-Quads")] = None,
    as_json: Json = False,
) -> None:
    """グラフを組み立てて検証する（公開しない） / Build and validate the graph; nothing is published."""
    from pfgraph.releases import pipeline

    parts = pipeline.build(Settings.from_environ(os.environ).sources, console.step)
    _refuse_violations(parts)
    lines = parts.dataset.lines()
    if output is not None:
        output.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    facts = {
        "digest": parts.dataset.digest(),
        "triples": len(parts.dataset.default_graph),
        "graphs": {iri: len(triples) for iri, triples in parts.dataset.graphs.items()},
    }
    if as_json:
        console.say_json({"ok": True, **facts})
        return
    _show_remarks(parts)
    console.say(
        Text(
            f"{facts['triples']:,} トリプル、ハッシュ {facts['digest']}",
            f"{facts['triples']:,} triples, digest {facts['digest']}",
        )
    )


def release(as_json: Json = False) -> None:
    """組み立て、検証し、凍結して現行版にする / Build, validate, freeze and publish a release."""
    from pfgraph.releases import pipeline
    from pfgraph.releases.shelf import Shelf

    settings = Settings.from_environ(os.environ)
    shelf = Shelf(settings.home)
    before = shelf.current_id()
    made = pipeline.make(settings.sources, shelf, console.step)
    manifest, new = made.manifest, made.id != before
    if as_json:
        console.say_json({"ok": True, "new": new, **manifest.to_dict()})
    elif new:
        console.say(
            Text(
                f"版 {made.id} を公開しました（{manifest.triples:,} トリプル）。",
                f"Published release {made.id} ({manifest.triples:,} triples).",
            )
        )
    else:
        console.say(Text(f"版 {made.id} から変わっていません。", f"Nothing has changed since release {made.id}."))


def _refuse_violations(parts: Built) -> None:
    if not parts.report.conforms:
        raise ShapesViolated(parts.report)


def _show_remarks(parts: Built) -> None:
    """Print what the shapes remark on without refusing it."""
    if parts.report.results:
        console.say(Text(parts.report.to_text("ja"), parts.report.to_text("en")))
