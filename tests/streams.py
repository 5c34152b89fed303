"""A stream of writes in a process of its own, to be killed at any moment, and what must hold after it was."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

from pyoxigraph import Literal, QuerySolutions, Store

from pfgraph.publish.publication import Terms, publish
from pfgraph.publish.updates import Update
from pfgraph.publish.workbench import Workbench
from pfgraph.releases.shelf import Shelf

# As the server's writes are made: the store they are made in is kept.
TERMS = Terms(frozenset({"write"}), bench=Workbench())
_NUMBERS = "PREFIX : <http://example.org/> SELECT ?n WHERE { :stream %s ?n }"


def write_on(home: Path) -> None:
    """Write one number after the other, each twice in one update, and tell each once it is published."""
    shelf = Shelf(home)
    current = shelf.current()
    assert current is not None
    number = max(numbers(current.store_path, ":n"), default=-1)
    print("ready", flush=True)
    while True:
        number += 1
        text = f"PREFIX : <http://example.org/> INSERT DATA {{ :stream :n {number} ; :twin {number} }}"
        publish(shelf, lambda editor, text=text: editor.update(Update(text)), TERMS)  # type: ignore[misc]
        print(number, flush=True)


def numbers(store_path: Path, predicate: str) -> set[int]:
    """Return the numbers that a release has under a predicate."""
    found = cast(QuerySolutions, Store.read_only(str(store_path)).query(_NUMBERS % predicate))
    return {int(cast(Literal, solution["n"]).value) for solution in found}


def killed(home: Path, moment: random.Random) -> int:
    """Have a stream write for a random while, kill it, and return the last number it told, or -1."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    process = subprocess.Popen(
        [sys.executable, __file__, str(home)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(moment.uniform(0, 1.2))
    process.kill()
    out, err = process.communicate()
    assert not err, err.decode()
    told = [int(line) for line in out.split(b"\n")[:-1] if line]
    return told[-1] if told else -1


def recovered(home: Path, told: int) -> int:
    """Return the last number there is after a restart; raise AssertionError where a promise is broken."""
    shelf = Shelf(home)
    with shelf.writing():
        current = shelf.current()
    assert current is not None
    assert list((home / "drafts").iterdir()) == []
    assert list(current.faults()) == []
    once, twice = numbers(current.store_path, ":n"), numbers(current.store_path, ":twin")
    assert once == twice, "half a write"
    last = max(once, default=-1)
    assert once == set(range(last + 1)), "a hole"
    assert last in {told, told + 1} or (told == -1), f"told {told}, found {last}"
    return last


if __name__ == "__main__":
    write_on(Path(sys.argv[1]))
