"""Readers at full speed while releases are published (issue 5, point 4): errors, mixtures, p99 as a ratio.

.venv/bin/python bench/readers.py [publishes]
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from urllib.parse import quote

from pfgraph.namespaces import shipped_sources
from pfgraph.publish import tokens
from pfgraph.releases import pipeline
from pfgraph.releases.shelf import Shelf

PREFIX = "PREFIX : <http://example.org/> "
QUERY = PREFIX + "SELECT ?a ?b WHERE { OPTIONAL { :stream :n ?a } OPTIONAL { :stream :twin ?b } } # %s"
READERS, QUIET_S = 2, 10.0


@dataclass
class Seen:
    """What readers saw: how long each answer took, and what was wrong."""

    times_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    mixtures: int = 0

    @property
    def p99_ms(self) -> float:
        """The time that one answer in a hundred exceeds."""
        return statistics.quantiles(self.times_ms, n=100)[98]


def main() -> None:
    """Serve, read quietly, read while publishing, and print the comparison."""
    publishes = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as home:
        pipeline.make(shipped_sources(), Shelf(Path(home)))
        token, entry = tokens.new("bench", ["write"])
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        environ = {**os.environ, "PFGRAPH_HOME": home, "PFGRAPH_TOKENS": entry, "PFGRAPH_PORT": str(port)}
        command = [sys.executable, "-m", "pfgraph", "serve"]
        silent = subprocess.DEVNULL
        server = subprocess.Popen(command, env=environ, stdout=silent, stderr=silent)
        try:
            _until_ready(port)
            _write(port, token, 0)
            quiet = _reading(port, lambda: time.sleep(QUIET_S))
            busy = _reading(port, lambda: _writing(port, token, publishes))
        finally:
            server.terminate()
            server.wait()
    print(
        f"quiet: {len(quiet.times_ms):,} answers, p50 {statistics.median(quiet.times_ms):.1f} ms, "
        f"p99 {quiet.p99_ms:.1f} ms"
    )
    print(
        f"during {publishes} publishes: {len(busy.times_ms):,} answers, p50 {statistics.median(busy.times_ms):.1f} ms, "
        f"p99 {busy.p99_ms:.1f} ms = {busy.p99_ms / quiet.p99_ms:.2f} × quiet; "
        f"{len(busy.errors)} errors, {busy.mixtures} mixtures"
    )
    print(*sorted(set(busy.errors))[:5], sep="\n")


def _until_ready(port: int) -> None:
    while True:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port)
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)


def _write(port: int, token: str, number: int) -> None:
    """Give both properties the same new value, in one update."""
    text = (
        f"{PREFIX} DELETE {{ GRAPH :g {{ :stream ?p ?o }} }} "
        f"INSERT {{ GRAPH :g {{ :stream :n {number} ; :twin {number} }} }} "
        "WHERE { OPTIONAL { GRAPH :g { :stream ?p ?o } } }"
    )
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sparql-update"}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/update", text.encode(), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{answer.status} {answer.read().decode()}")


def _writing(port: int, token: str, publishes: int) -> None:
    for number in range(1, publishes + 1):
        _write(port, token, number)


def _reading(port: int, work: Callable[[], object]) -> Seen:
    """Return what readers see while some work is done."""
    # Readers are processes of their own, as clients are: threads of one would wait for each other, not for the server.
    stop: Event = multiprocessing.Event()
    found: SimpleQueue[Seen] = multiprocessing.SimpleQueue()
    readers = [multiprocessing.Process(target=_read, args=(port, found, stop, n)) for n in range(READERS)]
    for reader in readers:
        reader.start()
    work()
    stop.set()
    seen = [found.get() for _ in readers]
    for reader in readers:
        reader.join()
    return Seen(
        [time_ms for each in seen for time_ms in each.times_ms],
        [error for each in seen for error in each.errors],
        sum(each.mixtures for each in seen),
    )


def _read(port: int, found: SimpleQueue[Seen], stop: Event, reader: int) -> None:
    seen = Seen()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    number = 0
    while not stop.is_set():
        number += 1
        # Each query is another one, so that none is answered from the cache.
        path = f"/sparql?query={quote(QUERY % f'{reader}-{number}')}"
        began = time.perf_counter()
        try:
            connection.request("GET", path, headers={"Accept": "application/sparql-results+json"})
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException) as error:
            seen.errors.append(repr(error))
            connection = http.client.HTTPConnection("127.0.0.1", port)
            continue
        seen.times_ms.append(1000 * (time.perf_counter() - began))
        if answer.status != 200:
            seen.errors.append(f"{answer.status} {body[:200]!r}")
            continue
        (row,) = json.loads(body)["results"]["bindings"]
        seen.mixtures += row["a"]["value"] != row["b"]["value"]
    found.put(seen)


if __name__ == "__main__":
    main()
