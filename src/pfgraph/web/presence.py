"""In which releases a resource is: what a release does not speak of has no memento in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from pfgraph.errors import ReleaseError
from pfgraph.messages import Text
from pfgraph.namespaces import ID
from pfgraph.releases.change import Change
from pfgraph.releases.layers import downwards
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.web.forms import DOCUMENTS

_SUFFIXES = frozenset(form.name for form in DOCUMENTS)
# Answers kept at hand; a release never changes, so they stay true.
_KEPT = 4096


class Presence:
    """Which resources are in which releases."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._known: OrderedDict[tuple[str, str], bool] = OrderedDict()

    async def of(self, release: Release, path: str) -> bool:
        """Return whether there is a resource at a path of a release."""
        kind, _, key = path.removeprefix("/").partition("/")
        name, dot, suffix = key.rpartition(".")
        bare = name if dot and suffix in _SUFFIXES else key
        if kind == "queries":
            return not key or bare in release.queries()
        if kind != "doc":
            return True
        try:
            node = ID[bare]
        except ValueError:
            # What is no IRI is nowhere spoken of.
            return False
        if (known := self._known.get((release.id, bare))) is not None:
            return known
        alike, found = await asyncio.to_thread(self._alike, release, node)
        if found is None:
            found = self._known.get((alike[-1].id, bare))
        if found is None:
            found = await asyncio.to_thread(_speaks_of, alike[-1], node)
        self._known |= {(each.id, bare): found for each in alike}
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found

    def _alike(self, release: Release, node: NamedNode) -> tuple[list[Release], bool | None]:
        """Return a release and those below it that are the same as to a thing; and whether they speak of it, if known.

        To open a store takes a hundred times as long as to read a change, and there may be thousands of releases.
        """
        alike = []
        with suppress(FileNotFoundError):
            for each in downwards(self._shelf, release):
                alike.append(each)
                if each.manifest.laid_on:
                    change = Change.naming(node, each.change_path.read_bytes())
                    if change != Change():
                        return alike, True if any(_names(quad, node) for quad in change.added) else None
        return alike, None


def _names(quad: Quad, node: NamedNode) -> bool:
    return quad.graph_name == DefaultGraph() and node in (quad.subject, quad.predicate, quad.object)


def _speaks_of(release: Release, node: NamedNode) -> bool:
    """Return whether a release says anything of a thing, or with it."""
    try:
        store = Store.read_only(str(release.store_path))
    except OSError as error:
        raise ReleaseError(
            "版を読めません。", "A release cannot be read.", where=release.id, try_=Text("再試行", "Try again.")
        ) from error
    patterns = ((node, None, None), (None, None, node), (None, node, None))
    return any(_first(store, *pattern) for pattern in patterns)


def _first(store: Store, subject: NamedNode | None, predicate: NamedNode | None, value: NamedNode | None) -> bool:
    return next(iter(store.quads_for_pattern(subject, predicate, value, DefaultGraph())), None) is not None
