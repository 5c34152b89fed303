"""releases: list, verify, go back, prune."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from pfgraph.cli import console
from pfgraph.cli.making import Json
from pfgraph.messages import Text
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings

app = typer.Typer(
    help="版の一覧・検証・切り戻し・整理 / List, verify, switch and prune releases",
    invoke_without_command=True,
    rich_markup_mode=None,
)
Ids = Annotated[list[str] | None, typer.Argument(help="版の ID / ids of releases", show_default=False)]


def _shelf() -> Shelf:
    return Shelf(Settings.from_environ(os.environ).home)


@app.callback()
def releases(context: typer.Context, as_json: Json = False) -> None:
    """版の一覧を見る / List the releases."""
    if context.invoked_subcommand is not None:
        return
    shelf = _shelf()
    current, found = shelf.current_id(), shelf.all()
    if as_json:
        kept = shelf.keepsakes.reasons
        console.say_json([{"current": r.id == current, "kept": kept(r.id), **r.manifest.to_dict()} for r in found])
        return
    if not found:
        console.say(Text("まだ版がありません。", "There are no releases yet."))
        return
    rows = [
        [
            "→" if r.id == current else "",
            r.id,
            r.manifest.created,
            f"{r.manifest.triples:,}",
            r.manifest.pfgraph,
            ", ".join(shelf.keepsakes.reasons(r.id)),
        ]
        for r in found
    ]
    print(console.table(["", "id", "created", "triples", "pfgraph", "kept"], rows))


@app.command()
def verify(ids: Ids = None, as_json: Json = False) -> None:
    """版（既定は全部）の中身がハッシュと一致するか確かめる / Compare releases with their digests."""
    shelf = _shelf()
    wanted = ids or [release.id for release in shelf.all()]
    faults = {release_id: shelf.verify(release_id) for release_id in wanted}
    if as_json:
        console.say_json({"ok": not any(faults.values()), "releases": faults})
    else:
        for release_id, found in faults.items():
            print(f"{release_id}  {'✗ ' + ', '.join(found) if found else '✓'}")
    if any(faults.values()):
        raise typer.Exit(1)


@app.command()
def use(release_id: Annotated[str, typer.Argument(help="版の ID / id of a release")]) -> None:
    """ある版を現行版にする / Make a release the current one."""
    shelf = _shelf()
    with shelf.writing():
        shelf.use(release_id)
    console.say(Text(f"現行版は {release_id} です。", f"The current release is {release_id}."))


@app.command()
def prune(
    keep: Annotated[int | None, typer.Option(min=1, help="残す数 / how many to keep")] = None,
    as_json: Json = False,
) -> None:
    """古い版を取り除く（現行版・名前の付いた版・引用された版・読まれている版は残す）。

    Remove old releases, but none that is current, tagged, cited or being read.
    """
    settings = Settings.from_environ(os.environ)
    shelf = Shelf(settings.home)
    with shelf.writing():
        removed = shelf.prune(settings.retained_releases if keep is None else keep)
    if as_json:
        console.say_json({"ok": True, "removed": removed})
    else:
        console.say(Text(f"{len(removed)} 版を取り除きました。", f"Removed {len(removed)} releases."))


@app.command()
def tag(
    name: Annotated[str, typer.Argument(help="名前 / a name, such as v2024")],
    release_id: Annotated[str | None, typer.Argument(help="版の ID（既定は現行版） / id of a release")] = None,
) -> None:
    """版に名前を付け、ずっと残す / Give a release a name, which keeps it for ever."""
    shelf = _shelf()
    with shelf.writing():
        release, lease = shelf.lease(release_id)
        with lease:
            shelf.keepsakes.tag(name, release.id)
    console.say(Text(f"版 {release.id} に {name} と名付けました。", f"Release {release.id} is tagged {name}."))


@app.command()
def untag(name: Annotated[str, typer.Argument(help="名前 / a name")]) -> None:
    """版の名前を外す / Take a name from a release."""
    shelf = _shelf()
    with shelf.writing():
        shelf.keepsakes.untag(name)
    console.say(Text(f"名前 {name} を外しました。", f"The tag {name} is gone."))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="前の版の ID / id of the earlier release")],
    after: Annotated[str | None, typer.Argument(help="後の版の ID（既定は現行版） / id of the later release")] = None,
) -> None:
    """二つの版の違いを RDF Patch で書き出す / Write what two releases differ in as an RDF Patch."""
    from pfgraph.releases.differences import difference

    shelf = _shelf()
    (old, one), (new, other) = shelf.lease(before), shelf.lease(after)
    with one, other:
        console.write(difference(shelf, old, new).patch())
