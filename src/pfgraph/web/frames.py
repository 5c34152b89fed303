"""The frames of a release: which members a thing of a class has in JSON-LD, and in which order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pfgraph.errors import ReleaseError
from pfgraph.web.context import Context, context_of

FOLDER = Path("ontology", "frames")
# What comes first in a thing whose class has no frame.
_NAMES = ("label", "prefLabel", "summary")


@dataclass(frozen=True)
class Frame:
    """The frame of one class: the name it goes by, the class, and the members in order."""

    name: str
    type: str
    members: Sequence[str]
    source: bytes


class Frames:
    """Frames by name and by class."""

    def __init__(self, sources: Mapping[str, bytes], context: Context) -> None:
        frames = (_frame(name, source, context) for name, source in sorted(sources.items()))
        self.by_name = {frame.name: frame for frame in frames}
        self._by_type = {frame.type: frame for frame in self.by_name.values()}

    def of(self, types: Iterable[str]) -> list[Frame]:
        """Return the frames of those classes that have one, the richest first."""
        found = [self._by_type[each] for each in types if each in self._by_type]
        return sorted(found, key=lambda frame: (-len(frame.members), frame.name))

    def order(self, types: Iterable[str]) -> Sequence[str]:
        """Return the members that a thing of these classes begins with, in order."""
        found = self.of(types)
        return list(dict.fromkeys(name for frame in found for name in frame.members)) if found else _NAMES


def _frame(name: str, source: bytes, context: Context) -> Frame:
    entries = json.loads(source)
    kind = context.expand(entries["type"])
    members = [key for key in entries if not key.startswith("@") and key != "type"]
    return Frame(name, kind, tuple(members), source)


@lru_cache(maxsize=8)
def frames_of(release: Path) -> Frames:
    """Return the frames a release was published with."""
    try:
        sources = {path.stem: path.read_bytes() for path in (release / FOLDER).glob("*.jsonld")}
        return Frames(sources, context_of(release))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ReleaseError(
            "版の JSON-LD フレームを読めません。",
            "The JSON-LD frames of the release cannot be read.",
            where=str(FOLDER),
        ) from error
