"""Releases that are kept for ever: those with a tag, and those that somebody cites.

home/tags/<name>      the id of the release that has this tag
home/cited/<id>       an empty file for each release that is cited
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pfgraph.errors import ReleaseError
from pfgraph.messages import Text
from pfgraph.releases import durability

TAGS, CITED = "tags", "cited"
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_EXPECTED = Text("英数字・ピリオド・ハイフン・下線（64文字まで）", "letters, digits, `.`, `-`, `_` (up to 64)")


class Keepsakes:
    """What keeps the releases of one home from being removed for their age."""

    def __init__(self, home: Path) -> None:
        self._tags, self._cited = home / TAGS, home / CITED

    def tags(self) -> Mapping[str, str]:
        """Return the id of a release for each tag."""
        files = sorted(self._tags.glob("*")) if self._tags.is_dir() else []
        return {file.name: file.read_text(encoding="ascii").strip() for file in files if TAG.fullmatch(file.name)}

    def cited(self) -> frozenset[str]:
        """Return the ids of the releases that are cited."""
        return frozenset(file.name for file in self._cited.glob("[0-9a-f]*")) if self._cited.is_dir() else frozenset()

    def reasons(self, release_id: str) -> list[str]:
        """Return why a release is kept for ever: its tags, and `cited`; nothing, if it is not."""
        found = [f"tag:{name}" for name, tagged in self.tags().items() if tagged == release_id]
        return [*found, CITED] if (self._cited / release_id).exists() else found

    def tag(self, name: str, release_id: str) -> None:
        """Give a release a tag, down to the disk; a tag that another release has moves."""
        if not TAG.fullmatch(name):
            ja, en = "この名前は付けられません。", "This cannot be a tag."
            raise ReleaseError(ja, en, found=name[:100], expected=_EXPECTED)
        self._tags.mkdir(parents=True, exist_ok=True)
        durability.replace(self._tags / name, f"{release_id}\n".encode())

    def untag(self, name: str) -> None:
        """Take a tag away."""
        if name not in self.tags():
            raise ReleaseError("その名前の付いた版はありません。", "No release has this tag.", found=name[:100])
        (self._tags / name).unlink()
        durability.sync(self._tags)

    def cite(self, release_id: str) -> None:
        """Keep a release because it is cited, down to the disk; the caller holds a lease on it."""
        if not (self._cited / release_id).exists():
            self._cited.mkdir(parents=True, exist_ok=True)
            durability.replace(self._cited / release_id, b"")
