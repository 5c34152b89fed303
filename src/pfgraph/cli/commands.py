"""The list of commands."""

from __future__ import annotations

import typer

from pfgraph.cli import asking, granting, making, saving, serving, shelving, verifying

app = typer.Typer(
    help="地方版「孤独・孤立対策官民連携プラットフォーム」のリンクトオープンデータ\n\n"
    "Linked open data on Japan's local platforms against loneliness and isolation",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command(short_help="ソースを検査する / check the sources")(making.check)
app.command(short_help="組み立てて検証する / build and validate")(making.build)
app.command(short_help="版を公開する / publish a release")(making.release)
app.add_typer(shelving.app, name="releases", short_help="版の一覧・検証・整理 / list, verify, switch, prune")
app.command(short_help="HTTP で公開する / serve over HTTP")(serving.serve)
app.add_typer(granting.app, name="token", short_help="書き込みトークン / tokens for writing")
app.command(short_help="問いに答える / answer a named query", context_settings=asking.ANY_PARAMETER)(asking.query)
app.command(short_help="SPARQL に答える / answer SPARQL")(asking.sparql)
app.command(short_help="現行版を書き出す / write a release out")(asking.export)
app.command(short_help="ダンプを作る / make the dumps of a release")(saving.dumps)
app.command(short_help="一つのファイルに保存する / back up to one file")(saving.backup)
app.command(short_help="バックアップから戻す / restore a backup")(saving.restore)
app.command(short_help="ファイルを検証する / validate files (SHACL)")(verifying.validate)
app.command("verify-source", short_help="原文と照合する / compare with the document")(verifying.verify_source)
