"""In which releases a resource is: what a release does not speak of has no memento in it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from pyoxigraph import DefaultGraph, NamedNode, Store

from pfgraph.errors import ReleaseError
from pfgraph.messages import Text
from pfgraph.namespaces import ID
from pfgraph.releases.release import Release
from pfgraph.web.forms import DOCUMENTS

_SUFFIXES = frozenset(form.name for form in DOCUMENTS)
# Answers kept at hand; a release never changes, so they stay true.
_KEPT = 4096


class Presence:
    """Which resources are in which releases."""

    def __init__(self) -> None:
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
        known = release.id, bare
        if known not in self._known:
            self._known[known] = await asyncio.to_thread(_speaks_of, release, bare)
            while len(self._known) > _KEPT:
                self._known.popitem(last=False)
        return self._known[known]


def _speaks_of(release: Release, key: str) -> bool:
    """Return whether a release says anything of a thing, or with it."""
    try:
        node, store = ID[key], Store.read_only(str(release.store_path))
        patterns = ((node, None, None), (None, None, node), (None, node, None))
        return any(_first(store, *pattern) for pattern in patterns)
    except ValueError:
        # What is no IRI is nowhere spoken of.
        return False
    except OSError as error:
        raise ReleaseError(
            "版を読めません。", "A release cannot be read.", where=release.id, try_=Text("再試行", "Try again.")
        ) from error


def _first(store: Store, subject: NamedNode | None, predicate: NamedNode | None, value: NamedNode | None) -> bool:
    return next(iter(store.quads_for_pattern(subject, predicate, value, DefaultGraph())), None) is not None
