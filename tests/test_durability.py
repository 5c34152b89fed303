"""Whatever happens while writing: what was told is there, what was not is there as a whole or not at all."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pfgraph.releases.shelf import Shelf
from servers import named
from sites import publish
from streams import killed, numbers, recovered

MOMENTS = 20
WRITE = """
import os, resource, signal, sys
from pathlib import Path
from pfgraph.errors import PfgraphError
from pfgraph.publish.publication import Terms, publish
from pfgraph.publish.updates import Update
from pfgraph.releases.shelf import Shelf
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
for limit in sys.argv[2:3]:
    if limit != "-":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
if sys.argv[3:]:
    os.setuid(int(sys.argv[3]))
text = "INSERT DATA { <urn:a> <urn:b> '" + "x" * 200_000 + "' }"
try:
    made = publish(Shelf(Path(sys.argv[1])), lambda e: e.update(Update(text)), Terms(frozenset({"write"})))
    print("made", made.release.id)
except PfgraphError as error:
    print(type(error).__name__, error.en)
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home with an empty release."""
    publish(tmp_path / "home", {})
    return tmp_path / "home"


def written(home: Path, *arguments: str) -> str:
    """Return what a process tells that writes under some constraint."""
    command = [sys.executable, "-c", WRITE, str(home), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_a_kill_at_any_moment_loses_nothing_and_halves_nothing(home: Path) -> None:
    """After kill -9 at random moments every told write is there, none is half there, and the digest verifies.

    Meanwhile a reader of the current release never sees an error, nor one write in two states.
    """
    moment, seen, stop = random.Random(20261125), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            release, lease = Shelf(home).lease()
            with lease:
                seen.append(numbers(release.store_path, ":n") == numbers(release.store_path, ":twin"))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        lasts = [recovered(home, killed(home, moment)) for _ in range(MOMENTS)]
    finally:
        stop.set()
        reader.join()

    assert lasts == sorted(lasts)
    assert lasts[-1] > 0
    assert len(seen) > MOMENTS
    assert all(seen)


@pytest.mark.parametrize("limit", [0, 4096, 60_000, 150_000])
def test_a_full_disk_is_told_and_changes_nothing(home: Path, limit: int) -> None:
    """A write for which there is no room is refused in words; the current release stays and takes the next write."""
    before = Shelf(home).current_id()
    told = written(home, str(limit))

    assert told.startswith("ReleaseError"), told
    assert Shelf(home).current_id() == before
    assert written(home, "-").startswith("made")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not write")
def test_a_home_that_cannot_be_written_is_told(home: Path) -> None:
    """Whoever may not write is told so in words, and nothing changes."""
    before = Shelf(home).current_id()
    for path in (home, *home.parents):
        if path.owner() == "root" and str(path).startswith("/tmp/"):
            path.chmod(0o755)
    told = written(home, "-", "65534")

    assert told.startswith("ReleaseError"), told
    assert "PFGRAPH_HOME" in told
    assert Shelf(home).current_id() == before


def test_a_damaged_cell_leaves_no_process_behind(home: Path) -> None:
    """A write that is refused ends the process in which it was evaluated."""
    from pfgraph.errors import MalformedQuery  # noqa: PLC0415
    from pfgraph.publish.publication import Terms  # noqa: PLC0415
    from pfgraph.publish.publication import publish as write  # noqa: PLC0415
    from pfgraph.publish.updates import Update  # noqa: PLC0415

    with pytest.raises(MalformedQuery):
        write(Shelf(home), lambda e: e.update(Update("DELETE DATA { ?a ?b ?c }")), Terms(frozenset({"write"})))

    assert named("pfgraph-writer", os.getpid()) == []
