"""Lookups answered in this process: going to a cell would take longer than they do, and they can do no harm here."""

from __future__ import annotations

import asyncio
import time
from contextlib import ExitStack, suppress
from typing import IO, NamedTuple, cast

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, Store

from pfgraph.query import bindings
from pfgraph.query.bindings import Found, TooLong
from pfgraph.query.exchange import Answer, Stored
from pfgraph.query.lookups import Lookup
from pfgraph.query.rows import Rows
from pfgraph.releases.locks import Lease
from pfgraph.releases.release import LEASE

# What is longer is for a cell, which can be told to stop; so much takes less than a millisecond.
MAX_BYTES = 16 * 2**10
_FORMATS = {
    media_type: found
    for media_type in (
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    )
    if (found := QueryResultsFormat.from_media_type(media_type)) is not None
}


class _Held(NamedTuple):
    """A release that is open, and the promise that its files stay."""

    store: Store
    lease: Lease | None


class _Sheet:
    """A file for an answer that may only be so long."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._left = MAX_BYTES

    def write(self, piece: bytes) -> int:
        """Take a piece of the answer."""
        self._left -= len(piece)
        if self._left < 0:
            raise TooLong
        self._pieces.append(piece)
        return len(piece)

    def flush(self) -> None:
        """Do nothing: all of it is there already."""

    @property
    def written(self) -> bytes:
        """All that was written."""
        return b"".join(self._pieces)


class Instant:
    """The releases that are open here, and the answers to lookups on them."""

    def __init__(self) -> None:
        self._held: dict[str, _Held] = {}

    @property
    def held(self) -> int:
        """How many releases are open."""
        return len(self._held)

    async def hold(self, release: Stored) -> None:
        """Open a release, if it can be opened."""
        if release.id in self._held:
            return
        lease = Lease.take(release.store_path.parent / LEASE)
        # What is wrong with a release is for its cells to say.
        with ExitStack() as unless_held, suppress(OSError):
            if lease is not None:
                unless_held.callback(lease.close)
            store = await asyncio.to_thread(Store.read_only, str(release.store_path))
            # It may have been opened twice meanwhile.
            if release.id not in self._held:
                self._held[release.id] = _Held(store, lease)
                unless_held.pop_all()

    def let_go(self, current: Stored | None = None) -> None:
        """Close every release, or those that were opened before the current one; later ones are about to follow it."""
        held = list(self._held)
        if current is not None:
            held = held[: held.index(current.id)] if current.id in held else []
        for release_id in held:
            lease = self._held.pop(release_id).lease
            if lease is not None:
                lease.close()

    def answer(self, query: str, asked: Lookup, media_type: str, release: Stored) -> Answer | None:
        """Return the answer to a lookup; None where the release is not open here, or where a cell knows better."""
        held, form = self._held.get(release.id), _FORMATS.get(media_type)
        if held is None or form is None:
            return None
        began = time.monotonic()
        try:
            found = bindings.found(held.store, asked, form, MAX_BYTES)
            body, count = found or _evaluated(held.store, query, asked.form, media_type)
        except Exception:
            # A cell has room for it, or says what is wrong with it.
            return None
        return Answer(media_type, asked.form, body, True, time.monotonic() - began, count)


def _evaluated(store: Store, query: str, form: str, media_type: str) -> Found:
    sheet, rows = _Sheet(), Rows(media_type, form)
    # By its form it is either of these.
    found = cast(QueryBoolean | QuerySolutions, store.query(query))
    found.serialize(cast(IO[bytes], sheet), _FORMATS[media_type])
    rows.add(sheet.written)
    return sheet.written, rows.count
