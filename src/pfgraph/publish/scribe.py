"""The process that makes releases: it reads writes from its input, one after the other, and says what became of each.

A frame is four bytes of length and its content: a write is a frame of JSON and one with its body, an answer is one
frame. Before a release becomes current there is one frame more, which names it and is answered by an empty one once
readers may come. The process ends with its input.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pyoxigraph import Store

from pfgraph.errors import PfgraphError, WriterLost
from pfgraph.publish import derivation, gate, publication, requests
from pfgraph.publish.evaluation import Budget, Nursery
from pfgraph.publish.publication import Terms
from pfgraph.publish.requests import WriteRequest
from pfgraph.publish.updates import Editor
from pfgraph.publish.workbench import Workbench
from pfgraph.query.confines import LONG_MS, slim_threads, take_turns
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf

logger = logging.getLogger(__name__)
_NICE = 10
# It takes memory, and room on the disk that a release took which is removed by now.
KEPT_S = 10.0


def serve(shelf: Shelf, source: BinaryIO, sink: BinaryIO, *, plain: bool, budget: Budget) -> None:
    """Answer writes until the input ends."""
    nursery = Nursery()
    with contextlib.suppress(OSError):
        nursery.start()
    _warm(shelf)
    bench = Workbench()
    while (head := following(source, bench)) is not None:
        body = read_frame(source)
        if body is None:
            return
        request = WriteRequest.read(head)
        scopes = frozenset(request.scopes)
        terms = Terms(scopes, request.on, dry=request.dry, plain=plain, budget=budget, nursery=nursery, bench=bench)

        def prepare(release: Release) -> None:
            write_frame(sink, requests.told_prepared(release))
            read_frame(source)

        write_frame(sink, _answer(shelf, request.change(body), terms, prepare))


def _answer(shelf: Shelf, change: Callable[[Editor], None], terms: Terms, prepare: Callable[[Release], None]) -> bytes:
    try:
        return requests.told(publication.publish(shelf, change, terms, prepare))
    except PfgraphError as error:
        return requests.told_error(error)
    except Exception:
        # The write is undone, and this process goes on; what it was about is not for the log.
        logger.exception("unforeseen error in a write")
        return requests.told_error(WriterLost())


def _warm(shelf: Shelf) -> None:
    """Read the shapes and the rules before somebody waits for it."""
    try:
        current = shelf.current()
        if current is not None:
            store = Store.read_only(str(current.store_path))
            gate.prepare(publication.shapes(store))
            derivation.prepare(store)
    except (PfgraphError, OSError, RuntimeError):
        # Whatever is wrong, the first write is told.
        return


def following(source: BinaryIO, bench: Workbench) -> bytes | None:
    """Return the next write; where none comes for a while, the store to work in is not kept ready any longer."""
    if not select.select([source], [], [], KEPT_S)[0]:
        bench.clear()
    return read_frame(source)


def read_frame(source: BinaryIO) -> bytes | None:
    """Return the next frame, or None where the input ends."""
    head = source.read(4)
    if len(head) < 4:
        return None
    size: int = struct.unpack(">I", head)[0]
    content = source.read(size)
    return content if len(content) == size else None


def write_frame(sink: BinaryIO, content: bytes) -> None:
    """Send a frame."""
    sink.write(struct.pack(">I", len(content)) + content)
    sink.flush()


def main() -> None:
    """Run: home, whether datasets are plain, and the budget of a write's cell (bytes, seconds)."""
    home, plain, memory, seconds = sys.argv[1:5]
    # Readers go first; what is published comes a little later for it.
    os.nice(_NICE)
    take_turns(LONG_MS)
    slim_threads()
    budget = Budget(int(memory), float(seconds), float(seconds))
    serve(Shelf(Path(home)), sys.stdin.buffer, sys.stdout.buffer, plain=plain == "plain", budget=budget)


if __name__ == "__main__":
    main()
