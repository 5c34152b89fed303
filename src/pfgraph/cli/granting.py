"""token: who may write."""

from __future__ import annotations

from typing import Annotated

import typer

from pfgraph.cli import console
from pfgraph.messages import Text
from pfgraph.publish import tokens

app = typer.Typer(
    help="書き込みを許すトークン / Tokens that allow writing", no_args_is_help=True, rich_markup_mode=None
)
_SCOPES = " | ".join(tokens.SCOPES)


@app.callback()
def token() -> None:
    """書き込みを許すトークン / Tokens that allow writing."""


@app.command()
def new(
    name: Annotated[str, typer.Option(help="だれのトークンか（a-z 0-9 . _ -） / whose token it is")],
    scope: Annotated[list[str] | None, typer.Option(help=f"権限 / scope: {_SCOPES}")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="機械可読の出力 / output for machines")] = False,
) -> None:
    """トークンと、PFGRAPH_TOKENS に書く登録を作る / Make a token, and the entry for PFGRAPH_TOKENS."""
    secret, entry = tokens.new(name, scope or ["write"])
    if as_json:
        console.say_json({"token": secret, "entry": entry})
        return
    print(secret)
    console.note(
        Text(
            f"トークンはこの一度しか表示しません。サーバーには次を加えてください: {tokens.VARIABLE}={entry}",
            f"The token is shown only this once. Have the server know it by: {tokens.VARIABLE}={entry}",
        )
    )
