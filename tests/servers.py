"""Server processes: over any home, or over the graphs of a few files, as an evaluation test needs them."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import quote

import httpx
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse

from sites import publish

SCRIPT = """
import json, sys
from pathlib import Path
from pfgraph.settings import Settings
from pfgraph.web.server import Server
Server(Settings(home=Path(sys.argv[1]), port=int(sys.argv[2]), **json.loads(sys.argv[3]))).run()
"""
START_S = 30.0


@dataclass
class Server:
    """A server process, where it listens, and what it logs."""

    process: subprocess.Popen[bytes]
    port: int
    log: IO[bytes]

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Return the response to a GET."""
        return httpx.get(f"{self.url}{path}", timeout=30, **options)

    def ask(self, query: str, *, source: str = "127.0.0.1", receive_bytes: int | None = None) -> socket.socket:
        """Send a query and return the connection, before anything is read."""
        connection = socket.socket()
        connection.settimeout(30)
        if receive_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        connection.bind((source, 0))
        connection.connect(("127.0.0.1", self.port))
        connection.sendall(f"GET /sparql?query={quote(query)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return connection

    def engine(self) -> dict[str, Any]:
        """Return what `/health` says of the engine."""
        found: dict[str, Any] = self.get("/health").json()["engine"]
        return found

    def running(self) -> int:
        """Return how many queries are under way."""
        return int(self.engine()["running"])

    def until(self, running: int) -> None:
        """Wait until so many queries are under way."""
        deadline = time.monotonic() + 10
        while self.running() != running:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def rested(self) -> dict[str, Any]:
        """Return what the engine says of itself once nothing runs, starts or ends."""
        deadline = time.monotonic() + 10
        while True:
            found = self.engine()
            if found["running"] == found["waiting"] == 0 and found["processes"] == found["idle"]:
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.02)

    def cells(self) -> list[int]:
        """Return the process ids of its cells, as the kernel knows them."""
        return named("pfgraph-cell", self.process.pid)

    def nurseries(self) -> list[int]:
        """Return the process ids of what its cells come from: one, or none if it has just ended."""
        return named("pfgraph-nursery", self.process.pid)

    def memory_bytes(self, name: str) -> int:
        """Return `VmRSS`, what the process itself holds in memory, or `VmHWM`, the most it ever held."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return int(status.partition(f"{name}:")[2].split()[0]) * 1024

    def stop(self) -> list[dict[str, Any]]:
        """Tell the process to stop, and return its access log, which is all it has to say."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        self.log.seek(0)
        return [json.loads(line) for line in self.log.read().splitlines()]


def children(pid: int) -> list[int]:
    """Return the processes that a process has started and that nobody has waited for.

    Each process is asked for its parent: the lists of a process's threads lose children while a thread ends.
    """
    everyone = [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]
    return [each for each in everyone if fields_of(each)[1:2] == [str(pid)]]


def named(name: str, parent: int) -> list[int]:
    """Return the children of a process that have given themselves a name and have not ended."""
    return [pid for pid in children(parent) if name_of(pid) == name]


def name_of(pid: int) -> str:
    """Return the name of a process; nothing, if it has ended."""
    try:
        name = Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if state_of(pid) in ("", "Z") else name


def state_of(pid: int) -> str:
    """Return the letter for the state of a process: Z for one that nobody has waited for, nothing for none."""
    return "".join(fields_of(pid)[:1])


def fields_of(pid: int) -> list[str]:
    """Return what the kernel says of a process after its name: its state, its parent and so on; nothing for none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


@contextmanager
def running(home: Path, **settings: Any) -> Iterator[Server]:
    """Lend a server process over a home, with settings other than the default ones."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-c", SCRIPT, str(home), str(port), json.dumps(settings)]
    # Not a pipe: nobody reads while the server runs, and a full one would have it wait for ever.
    with TemporaryFile() as log:
        server = Server(subprocess.Popen(command, stderr=log), port, log)
        try:
            _wait_for(server)
            yield server
        finally:
            server.process.kill()
            server.process.wait()


def _wait_for(server: Server) -> None:
    deadline = time.monotonic() + START_S
    while True:
        try:
            server.get("/ready").raise_for_status()
        except httpx.HTTPError:
            assert server.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def graphs_of(files: Mapping[str, Path]) -> dict[str, list[Triple]]:
    """Return the graphs in some files as a store keeps them, each under a name; their blank nodes are kept apart."""
    store = Store()
    for name, file in files.items():
        graph = NamedNode(name)
        form = RdfFormat.from_extension(file.suffix.removeprefix(".")) or RdfFormat.TURTLE
        # An evaluation test's base is the address of the file; blank nodes of two files are never the same.
        quads = parse(file.read_bytes(), form, base_iri=name, rename_blank_nodes=True)
        store.extend(Quad(quad.subject, quad.predicate, quad.object, graph) for quad in quads)
    return {
        name: [quad.triple for quad in store.quads_for_pattern(None, None, None, NamedNode(name))] for name in files
    }


@contextmanager
def over(files: Mapping[str, Path], home: Path, **settings: Any) -> Iterator[Server]:
    """Lend a server of the graphs in some files, by their names; `default-graph-uri` makes one the default graph."""
    publish(home, graphs_of(files))
    with running(home, **settings) as server:
        yield server
