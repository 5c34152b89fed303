"""Whole releases as files: dumps in RDF syntaxes and a table for each class, with their SHA-256.

They are made from the release once, and kept beside the releases: what is in a release never changes, and a release
that is published in passing need not wait for its dumps. Who lists them need not wait either: which there are is known
before they are made. A server has them made by a process of its own (`python -m pfgraph.web.dumps HOME RELEASE`), one
release after the other: for a million triples it takes minutes, and all others go first.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, Store, Triple

from pfgraph.errors import DumpsInTheMaking, NotFound, ReleaseError
from pfgraph.graph.portal import DUMPS, FILE
from pfgraph.namespaces import RDF, RDFS, base_iri
from pfgraph.query.confines import stand_back
from pfgraph.releases import export, locks
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import PREFIX
from pfgraph.web.context import context_of
from pfgraph.web.frames import Frame, frames_of
from pfgraph.web.graphs import CONTEXT_PATH
from pfgraph.web.jsonld import dumps, flattened
from pfgraph.web.tabular import Said, table

logger = logging.getLogger(__name__)
_INDEX = "index.json"
# So long does a client wait for dumps that are being made.
WAIT_S = 30.0
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
        self._home, self._folder = home, home / "dumps"
        self._making: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    async def of(self, release: Release) -> Mapping[str, Dump]:
        """Return the dumps of a release by name; raise DumpsInTheMaking where they take longer than a client waits."""
        if not self._index(release).is_file():
            try:
                async with asyncio.timeout(WAIT_S):
                    # Whoever goes away does not stop what others wait for.
                    await asyncio.shield(self._begun(release))
            except TimeoutError:
                raise DumpsInTheMaking(WAIT_S) from None
        return self._read(release)

    def at_hand(self, release: Release) -> Mapping[str, Dump]:
        """Return the dumps of a release if they are made; if not, nothing yet, and they are being made."""
        if self._index(release).is_file():
            return self._read(release)
        self._begun(release)
        return {}

    def close(self) -> None:
        """Give up what is being made."""
        self._closed = True
        if self._process is not None:
            self._process.kill()

    def make(self, release: Release) -> Mapping[str, Dump]:
        """Make the dumps of a release unless they are there, and return them."""
        if not self._index(release).is_file():
            self._make(release)
        return self._read(release)

    def _begun(self, release: Release) -> asyncio.Task[None]:
        """Return the making of a release's dumps, which is under way."""
        task = self._making.get(release.id)
        if task is None:
            task = asyncio.ensure_future(self._made_apart(release))
            self._making[release.id] = task
            task.add_done_callback(lambda done: self._ended(release.id, done))
        return task

    def _ended(self, release_id: str, done: asyncio.Task[None]) -> None:
        # An error is for whoever waits; who comes next has another try.
        del self._making[release_id]
        if not done.cancelled():
            done.exception()

    async def _made_apart(self, release: Release) -> None:
        async with self._turn:
            if not self._index(release).is_file():
                await asyncio.to_thread(self._apart, release)

    def _apart(self, release: Release) -> None:
        """Have a process make the dumps of a release, which ends with this one; raise ReleaseError where it fails."""
        command = [sys.executable, "-m", "pfgraph.web.dumps", str(self._home), release.id]
        silent, heard = subprocess.DEVNULL, subprocess.PIPE
        # It has nothing to do with tokens.
        environ = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with subprocess.Popen(  # noqa: S603  (the command is ours)
            command, stdin=heard, stdout=silent, stderr=heard, env=environ
        ) as self._process:
            assert self._process.stderr is not None  # it is a pipe
            if self._closed:
                self._process.kill()
            said = self._process.stderr.read().decode(errors="replace")
        if self._process.returncode:
            if not self._closed:
                logger.error("the dumps of release %s were not made: %s", release.id, said)
            raise _unmade(self._folder / release.id)

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
        makers = _makers(release)
        try:
            place.mkdir(parents=True, exist_ok=True)
            with locks.alone(place):
                for left_over in {file.name for file in place.iterdir()} - {*makers, _INDEX}:
                    (place / left_over).unlink()
                made = [self._write(place, name, make(release)) for name, make in makers.items()]
                index = [{"name": each.name, "size": each.size, "digest": each.digest} for each in made]
                self._write(place, _INDEX, json.dumps(index, indent=1).encode())
        except OSError as error:
            raise _unmade(place, str(error)) from error

    def _write(self, place: Path, name: str, content: bytes) -> Dump:
        """Write a file under its name in one step: who reads it meanwhile has the whole of it."""
        handle, draft = tempfile.mkstemp(dir=place)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(draft).chmod(0o644)
        Path(draft).replace(place / name)
        return Dump(name, len(content), sha256(content).hexdigest())


def _unmade(place: Path, found: str | None = None) -> ReleaseError:
    ja, en = "ダンプを作れません。", "The dumps cannot be made."
    return ReleaseError(ja, en, where=str(place), found=found)


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


def _end_with_input() -> None:
    """End this process when its input ends: whoever had it started is gone."""
    while os.read(sys.stdin.fileno(), 2**10):
        pass
    os._exit(1)


def main() -> None:
    """Make the dumps of a release (home, id), letting all others go first."""
    home, release_id = Path(sys.argv[1]), sys.argv[2]
    stand_back()
    threading.Thread(target=_end_with_input, daemon=True).start()
    release, lease = Shelf(home).lease(release_id)
    with lease:
        Dumps(home).make(release)


if __name__ == "__main__":
    main()
