"""backup, restore: all of a home in one file, and back; dumps: the current release as files for others."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pfgraph.cli import console
from pfgraph.cli.making import Json
from pfgraph.errors import ReleaseError
from pfgraph.messages import Text
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings

if TYPE_CHECKING:
    from pfgraph.releases.archive import Contents

File = Annotated[Path, typer.Argument(help="ファイル（.tar.zst） / file", dir_okay=False)]


def backup(file: File, as_json: Json = False) -> None:
    """すべての版・引用・名前を一つのファイルに書き出す / Write all releases, citations and tags to one file."""
    from pfgraph.releases import archive

    shelf = Shelf(Settings.from_environ(os.environ).home)
    try:
        contents = archive.backup(shelf, file)
    except OSError as error:
        raise _unusable(file, error) from error
    _tell(contents, Text("書き出しました", "written"), as_json=as_json)


def restore(
    file: File,
    check: Annotated[bool, typer.Option("--check", help="確かめるだけ / verify only")] = False,
    use: Annotated[bool, typer.Option("--use", help="その現行版に切り替える / switch to its release")] = False,
    as_json: Json = False,
) -> None:
    """バックアップを確かめて戻す（今ある版と引用は残る） / Verify a backup and put it back; what is there stays."""
    from pfgraph.releases import restoring

    shelf = Shelf(Settings.from_environ(os.environ).home)
    try:
        contents = restoring.verify(file, shelf) if check else restoring.restore(file, shelf, switch=use)
    except FileNotFoundError as error:
        raise _unusable(file, error) from error
    done = Text("確かめました", "verified") if check else Text("戻しました", "restored")
    _tell(contents, done, as_json=as_json)


def dumps(as_json: Json = False) -> None:
    """現行版のダンプを作り、SHA-256 を示す / Make the dumps of the current release, and tell their SHA-256."""
    from pfgraph.web.dumps import Dumps

    shelf = Shelf(Settings.from_environ(os.environ).home)
    release = shelf.current()
    if release is None:
        raise ReleaseError(
            "まだ版がありません。",
            "Nothing is published yet.",
            try_=Text("`pfgraph release` で公開してください。", "Publish with `pfgraph release`."),
        )
    made = Dumps(shelf.home).make(release).values()
    if as_json:
        console.say_json([{"name": each.name, "bytes": each.size, "sha256": each.digest} for each in made])
        return
    for each in made:
        console.write(f"{each.digest}  {each.name}\n".encode())


def _tell(contents: Contents, done: Text, *, as_json: bool) -> None:
    releases, citations, current = len(contents.releases), contents.citations, contents.current
    written = f"{_some(releases, 'release')} and {_some(citations, 'citation')}"
    if as_json:
        told = {"ok": True, "current": current, "releases": list(contents.releases), "citations": citations}
        console.say_json(told)
        return
    console.say(
        Text(
            f"{releases} 版、引用 {citations} 件を{done.ja}（現行版 {current or 'なし'}）。",
            f"{written} {done.en} (current: {current or 'none'}).",
        )
    )


def _some(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _unusable(file: Path, error: OSError) -> ReleaseError:
    return ReleaseError(
        "このファイルは使えません。",
        "This file cannot be used.",
        where=str(file),
        found=error.strerror or str(error),
    )
