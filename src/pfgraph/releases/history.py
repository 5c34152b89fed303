"""Which release was the current one when: a line for each move of the pointer, and a look back by date.

home/history          a line for each move: the moment in UTC, a blank, the id of the release
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pfgraph.releases import durability
from pfgraph.releases.release import Release

FILE = "history"


@dataclass(frozen=True, order=True)
class Move:
    """From a moment on, a release was the current one."""

    moment: datetime
    release_id: str

    @property
    def line(self) -> str:
        """The move as a line of the file."""
        return f"{written(self.moment)} {self.release_id}"


class History:
    """The moves of one home's pointer."""

    def __init__(self, home: Path) -> None:
        self.path = home / FILE

    def moves(self) -> list[Move]:
        """Return the moves, the oldest first; half a line, which a crash may leave, is none."""
        try:
            text = self.path.read_text(encoding="ascii", errors="replace")
        except FileNotFoundError:
            return []
        found = (_move(line) for line in text.splitlines(keepends=True))
        return [move for move in found if move is not None]

    def add(self, release_id: str, moment: datetime | None = None) -> None:
        """Note that a release is the current one from now on, unless the last line says so already."""
        moves = self.moves()
        if moves and moves[-1].release_id == release_id:
            return
        self.write([*moves, Move(moment or datetime.now(UTC), release_id)])

    def write(self, moves: Iterable[Move]) -> None:
        """Put moves in place of all there were, down to the disk."""
        durability.replace(self.path, "".join(f"{move.line}\n" for move in moves).encode())


def _move(line: str) -> Move | None:
    moment, _, release_id = line.rstrip("\n").partition(" ")
    if not line.endswith("\n") or not release_id:
        return None
    try:
        return Move(read(moment), release_id)
    except ValueError:
        return None


def read(text: str) -> datetime:
    """Return the moment that a manifest or a line of the history writes."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def written(moment: datetime) -> str:
    """Return a moment as manifests write it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def created(release: Release) -> datetime:
    """Return the moment a release was made, in whole seconds, as HTTP has them."""
    return read(release.manifest.created).replace(microsecond=0)


def at(moves: Sequence[Move], moment: datetime) -> str | None:
    """Return the release that was current at a moment; the first one for all time before it (RFC 7089 §4.1.1)."""
    before = [move.release_id for move in moves if move.moment.replace(microsecond=0) <= moment]
    if before:
        return before[-1]
    return moves[0].release_id if moves else None
