"""`pfgraph serve`, from the first release to the last request."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pfgraph.namespaces import shipped_sources
from sites import publish_shipped
from trees import PLATFORMS, write_tree, write_turtle

START_S = 60.0


class Server:
    """A `pfgraph serve` of a small tree: where it answers, and what it printed."""

    def __init__(self, path: Path) -> None:
        self.root, self.home = path / "sources", path / "home"
        self.url = ""
        self.printed: list[str] = []
        self.pid = 0

    def command(self, port: int = 0) -> subprocess.Popen[str]:
        """Start the command."""
        ours = {"PFGRAPH_SOURCES": str(self.root), "PFGRAPH_HOME": str(self.home)}
        return subprocess.Popen(
            [sys.executable, "-m", "pfgraph", "serve", "--port", str(port)],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            env={**os.environ, **ours},
        )

    @contextmanager
    def running(self) -> Iterator[Server]:
        """Lend the server while it runs."""
        process = self.command()
        self.pid = process.pid
        self.printed, self.url = [], ""
        reading = threading.Thread(target=self._read, args=(process,))
        reading.start()
        try:
            deadline = time.monotonic() + START_S
            while not self.url and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
            yield self
        finally:
            process.terminate()
            process.wait(timeout=START_S)
            reading.join()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self.printed.append(line)
                if found := re.search(r"Serving at (\S+) ", line):
                    self.url = found[1]

    def rows(self) -> int:
        """Return how many rows the query of the small tree has."""
        answer = httpx.get(f"{self.url}queries/platforms", timeout=START_S)
        answer.raise_for_status()
        return len(answer.json()["results"]["bindings"])


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """Return a server of a small tree that does not run yet."""
    server = Server(tmp_path)
    write_tree(server.root)
    return server


def two_platforms(server: Server, *, valid: bool = True) -> None:
    """Describe one more platform, or one that violates a shape."""
    lead = " ; pf:leadGovernment government:312011" if valid else ""
    write_turtle(server.root / "data" / "platforms.ttl", f"{PLATFORMS} platform:312011-2 a pf:Platform{lead} .")


def test_the_first_release_is_made_by_serving(server: Server) -> None:
    """On an empty home, serving builds, publishes and answers."""
    with server.running():
        rows = server.rows()

    assert rows == 1
    assert (server.home / "current").is_file()


def test_a_restart_builds_nothing(server: Server) -> None:
    """With unchanged sources, no step of the build is shown."""
    with server.running():
        first = "".join(server.printed)
    with server.running():
        rows = server.rows()

    assert "build the dataset" in first
    assert "build the dataset" not in "".join(server.printed)
    assert rows == 1


def test_changed_sources_are_taken_in_by_a_restart(server: Server) -> None:
    """With changed sources, a restart publishes them."""
    with server.running():
        before = server.rows()
    two_platforms(server)
    with server.running():
        after = server.rows()

    assert (before, after) == (1, 2)


def test_refused_sources_leave_the_last_release_served(server: Server) -> None:
    """With sources that violate a shape, a restart says so and serves what it served."""
    with server.running():
        pass
    two_platforms(server, valid=False)
    with server.running():
        rows = server.rows()
    printed = "".join(server.printed)

    assert rows == 1
    assert "There is no lead government." in printed
    assert "is served" in printed


def test_a_release_published_meanwhile_is_served(server: Server) -> None:
    """A running server answers from a new release as soon as it is current."""
    with server.running():
        before = server.rows()
        two_platforms(server)
        ours = {"PFGRAPH_SOURCES": str(server.root), "PFGRAPH_HOME": str(server.home)}
        command = [sys.executable, "-m", "pfgraph", "release", "--json"]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, **ours})
        after = server.rows()

    assert (before, after) == (1, 2)


def test_a_port_in_use_is_told_at_once(server: Server) -> None:
    """Where another process listens, serving ends with 1 before anything is built."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = server.command(taken.getsockname()[1])
        _, printed = process.communicate(timeout=START_S)

    assert process.returncode == 1
    assert "--port" in printed
    assert not server.home.exists()


def test_dumps_are_made_beside_the_server(tmp_path: Path) -> None:
    """A server has the dumps made by itself, and nothing of the process that made them is left."""
    home = tmp_path / "home"
    release = publish_shipped(home)
    server = Server(tmp_path)
    server.root = shipped_sources()
    with server.running() as running:
        index = home / "dumps" / release.id / "index.json"
        deadline = time.monotonic() + START_S
        while not index.is_file() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        current = httpx.get(f"{running.url}health", timeout=START_S).json()["release"]
        states = [state for state in map(state_of, Path("/proc").glob("[0-9]*")) if state is not None]

    assert current == release.id
    assert index.is_file()
    assert (server.pid, "Z") not in states


def state_of(process: Path) -> tuple[int, str] | None:
    """Return the parent of a process, and the letter of its state."""
    try:
        state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return int(parent), state
