"""Whole releases as files: dumps in RDF syntaxes and a table for each class, with their SHA-256.

They are made from the release once, and kept beside the releases: what is in a release never changes, and a release
that is published in passing need not wait for its dumps. Who lists them need not wait either: which there are is known
before they are made.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, Store, Triple

from pfgraph.errors import NotFound, ReleaseError
from pfgraph.graph.portal import DUMPS, FILE
from pfgraph.namespaces import RDF, RDFS, base_iri
from pfgraph.releases import export
from pfgraph.releases.release import Release
from pfgraph.web.context import context_of
from pfgraph.web.frames import Frame, frames_of
from pfgraph.web.graphs import CONTEXT_PATH
from pfgraph.web.jsonld import dumps, flattened
from pfgraph.web.tabular import Said, table

_INDEX = "index.json"
_WHOLE = {f"{FILE}.{name}.gz": name for name in DUMPS}


@dataclass(frozen=True)
class Dump:
    """A file of a release: its name, how long it is, and its SHA-256."""

    name: str
    size: int
    digest: str

    @property
    def media_type(self) -> str:
        """The media type of the file as it is sent."""
        return "application/gzip" if self.name.endswith(".gz") else "text/csv; charset=utf-8; header=present"


class Dumps:
    """The dumps of the releases under one home."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "dumps"
        self._making: dict[str, asyncio.Task[None]] = {}

    async def of(self, release: Release) -> Mapping[str, Dump]:
        """Return the dumps of a release by name; where they are not made yet, this takes a moment."""
        if not self._index(release).is_file():
            # Whoever goes away does not stop what others wait for.
            await asyncio.shield(self._begun(release))
        return self._read(release)

    def at_hand(self, release: Release) -> Mapping[str, Dump]:
        """Return the dumps of a release if they are made; if not, nothing yet, and they are being made."""
        if self._index(release).is_file():
            return self._read(release)
        self._begun(release)
        return {}

    def make(self, release: Release) -> Mapping[str, Dump]:
        """Make the dumps of a release unless they are there, and return them."""
        if not self._index(release).is_file():
            self._make(release)
        return self._read(release)

    def _begun(self, release: Release) -> asyncio.Task[None]:
        """Return the making of a release's dumps, which is under way."""
        task = self._making.get(release.id)
        if task is None:
            task = asyncio.ensure_future(asyncio.to_thread(self._make, release))
            self._making[release.id] = task
            task.add_done_callback(lambda done: self._ended(release.id, done))
        return task

    def _ended(self, release_id: str, done: asyncio.Task[None]) -> None:
        # An error is for whoever waits; who comes next has another try.
        del self._making[release_id]
        if not done.cancelled():
            done.exception()

    def _index(self, release: Release) -> Path:
        return self._folder / release.id / _INDEX

    def _read(self, release: Release) -> Mapping[str, Dump]:
        found = json.loads(self._index(release).read_bytes())
        return {each["name"]: Dump(each["name"], each["size"], each["digest"]) for each in found}

    async def file(self, release: Release, name: str) -> tuple[Dump, Path]:
        """Return a dump and where it is, or raise NotFound with the names there are."""
        found = await self.of(release)
        if name not in found:
            ja, en = "その名前のファイルはありません。", "There is no file of this name."
            raise NotFound(ja, en, found=name[:100])
        return found[name], self._folder / release.id / name

    def _make(self, release: Release) -> None:
        """Write the dumps of a release: the index last, so that where it is, all of them are."""
        place = self._folder / release.id
        try:
            place.mkdir(parents=True, exist_ok=True)
            made = [self._write(place, name, make(release)) for name, make in _makers(release).items()]
            index = [{"name": each.name, "size": each.size, "digest": each.digest} for each in made]
            self._write(place, _INDEX, json.dumps(index, indent=1).encode())
        except OSError as error:
            ja, en = "ダンプを書き込めません。", "The dumps cannot be written."
            raise ReleaseError(ja, en, where=str(place), found=str(error)) from error

    def _write(self, place: Path, name: str, content: bytes) -> Dump:
        """Write a file under its name in one step: another process may be writing the very same."""
        handle, draft = tempfile.mkstemp(dir=place)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).chmod(0o644)
        Path(draft).replace(place / name)
        return Dump(name, len(content), sha256(content).hexdigest())


def names(release: Release) -> list[str]:
    """Return the names of a release's dumps, made or not."""
    return [*_WHOLE, *(f"{frame.name}.csv" for frame in frames_of(release.path).by_name.values())]


def _makers(release: Release) -> dict[str, Callable[[Release], bytes]]:
    """Return what makes each of the files."""
    makers: dict[str, Callable[[Release], bytes]] = {file: _packed(name) for file, name in _WHOLE.items()}
    described = _described(release)
    for frame in frames_of(release.path).by_name.values():
        makers[f"{frame.name}.csv"] = _tabled(frame, described)
    return makers


def _packed(name: str) -> Callable[[Release], bytes]:
    def make(release: Release) -> bytes:
        content = _json_ld(release) if name == "jsonld" else export.FORMS[name](release)
        # Without a time, so that equal releases give equal files.
        return gzip.compress(content, mtime=0)

    return make


def _json_ld(release: Release) -> bytes:
    """Return the default graph as one flattened document, with the context under its own name."""
    document = flattened(_triples(release), context_of(release.path), frames_of(release.path))
    return dumps(document, base_iri().removesuffix("/") + CONTEXT_PATH)


def _triples(release: Release) -> list[Triple]:
    quads = Store.read_only(str(release.store_path)).quads_for_pattern(None, None, None, DefaultGraph())
    return [quad.triple for quad in quads]


@dataclass(frozen=True)
class _Described:
    """What is said of each named thing, the things of each class, and the classes right below each."""

    said: Mapping[str, Mapping[str, list[object]]]
    of_class: Mapping[str, list[str]]
    below: Mapping[str, list[str]]

    def members(self, kind: str) -> dict[str, Said]:
        """Return the things of a class and of the classes below it."""
        kinds, left = {kind}, [kind]
        while left:
            found = [each for each in self.below.get(left.pop(), ()) if each not in kinds]
            kinds.update(found)
            left += found
        return {iri: self.said[iri] for each in kinds for iri in self.of_class.get(each, ())}


def _described(release: Release) -> _Described:
    said: dict[str, dict[str, list[object]]] = {}
    of_class: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for triple in _triples(release):
        if not isinstance(triple.subject, NamedNode):
            continue
        iri = triple.subject.value
        said.setdefault(iri, {}).setdefault(triple.predicate.value, []).append(triple.object)
        if isinstance(triple.object, NamedNode) and triple.predicate in {RDF.type, RDFS.subClassOf}:
            index = of_class if triple.predicate == RDF.type else below
            index.setdefault(triple.object.value, []).append(iri)
    return _Described(said, of_class, below)


def _tabled(frame: Frame, described: _Described) -> Callable[[Release], bytes]:
    def make(release: Release) -> bytes:
        return table(frame, described.members(frame.type), context_of(release.path))

    return make
