"""The store that changes are made in, kept from one write to the next: it changes how long a write takes, only that."""

from __future__ import annotations

import asyncio
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

from pfgraph.errors import GraphMissing
from pfgraph.publish import scribe, tokens
from pfgraph.publish.evaluation import Evaluation
from pfgraph.publish.publication import Terms, publish
from pfgraph.publish.requests import UPDATE, WriteRequest
from pfgraph.publish.updates import Editor, Update
from pfgraph.publish.workbench import Workbench
from pfgraph.publish.writers import Writers
from pfgraph.releases import layers
from pfgraph.releases.release import Release
from pfgraph.releases.shelf import Shelf
from pfgraph.settings import Settings
from sites import publish as publish_graphs

G = NamedNode("http://example.org/g")
P = NamedNode("http://example.org/p")
KINDS = [*["write"] * 6, "tried out", "refused", "nothing", "another's", "in two steps"]
TWO_STEPS = "INSERT DATA {{ <urn:a{0}> <urn:p> 1 }}; INSERT {{ ?s <urn:q> 2 }} WHERE {{ ?s <urn:p> 1 }}"


def quads(numbers: range) -> list[Quad]:
    """Return some quads in two graphs."""
    return [Quad(NamedNode(f"urn:{n}"), P, Literal(n), G if n % 2 else DefaultGraph()) for n in numbers]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Return a shelf with a release of some quads."""
    publish_graphs(tmp_path, {G.value: [quad.triple for quad in quads(range(900))]})
    return Shelf(tmp_path)


def current(shelf: Shelf) -> Release:
    """Return the current release."""
    found = shelf.current()
    assert found is not None
    return found


def content(release: Release) -> set[Quad]:
    """Return all that a release's store holds."""
    return set(Store.read_only(str(release.store_path)))


def drafts(shelf: Shelf) -> list[str]:
    """Return the names of what is in the making."""
    return sorted(path.name for path in (shelf.home / "drafts").iterdir())


def adding(*numbers: int) -> Callable[[Editor], None]:
    """Return a change that adds quads."""
    return lambda editor: editor.add([quad for n in numbers for quad in quads(range(n, n + 1))])


@pytest.mark.parametrize("seed", range(4))
def test_a_kept_store_gives_the_releases_of_a_new_one(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """Whatever came between two writes, each gives what it adds to the current release, and nothing else."""
    monkeypatch.setattr(layers, "FEW", 40)
    dice, held = random.Random(seed), content(current(shelf))
    kept = 0
    with Workbench() as bench:
        terms = Terms(frozenset({"write"}), plain=True, bench=bench)
        for number in range(1000, 1024):
            before = drafts(shelf)
            added = set(quads(range(number, number + dice.choice([1, 1, 1, 5, 60]))))
            removed = set(dice.sample(sorted(held, key=str), dice.choice([0, 0, 2])))
            match dice.choice(KINDS):
                case "tried out":
                    dry = Terms(frozenset({"write"}), plain=True, dry=True, bench=bench)
                    publish(shelf, changing(added, removed), dry)
                case "refused":
                    with pytest.raises(GraphMissing):
                        publish(shelf, refused(added), terms)
                case "nothing":
                    assert not publish(shelf, changing(set(), set()), terms).changed
                case "another's":
                    publish(shelf, changing(added, removed), Terms(frozenset({"write"}), plain=True))
                    held = (held - removed) | added
                case "in two steps":
                    update = Update(TWO_STEPS.format(number))
                    publish(shelf, lambda editor, update=update: editor.update(update), terms)  # type: ignore[misc]
                    found = NamedNode(f"urn:a{number}"), NamedNode("urn:q"), Literal(2)
                    held = content(current(shelf))
                    assert Quad(*found) in held
                case _:
                    publish(shelf, changing(added, removed), terms)
                    held = (held - removed) | added
                    kept += before == drafts(shelf) != []
            assert content(current(shelf)) == held
            assert list(current(shelf).faults()) == []
    assert kept
    assert drafts(shelf) == []


def changing(added: set[Quad], removed: set[Quad]) -> Callable[[Editor], None]:
    """Return a change."""

    def change(editor: Editor) -> None:
        editor.remove(removed)
        editor.add(added)

    return change


def refused(added: set[Quad]) -> Callable[[Editor], None]:
    """Return a change that fails once it is made."""

    def change(editor: Editor) -> None:
        editor.add(added)
        editor.update(Update("DROP GRAPH <urn:none>"))

    return change


def test_a_store_that_changes_is_copied_again(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy is never of two states of a store: a file that comes, or goes, meanwhile has it made again."""
    store = Path(shutil.copytree(current(shelf).store_path, shelf.home / "busy"))
    merged, look, looks = store / "999999.sst", layers._files, []

    def looking(path: Path) -> dict[str, int]:
        looks.append(path)
        if len(looks) == 2:
            merged.write_bytes(b"half of it")
        found = look(path)
        if len(looks) == 3:
            merged.unlink()
        if len(looks) == 4:
            raise FileNotFoundError(merged)
        return found

    monkeypatch.setattr(layers, "_files", looking)
    layers.clone(store, shelf.home / "copy")

    assert set(Store.read_only(str(shelf.home / "copy"))) == content(current(shelf))
    assert not (shelf.home / "copy" / merged.name).exists()
    assert len(looks) == 6


def test_a_log_does_not_grow_for_ever(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose log has got long, though little has changed on the whole, is not kept: all have to read it."""
    monkeypatch.setattr("pfgraph.publish.workbench.FEW", 30)
    with Workbench() as bench:
        terms = Terms(frozenset({"write"}), plain=True, bench=bench)
        sizes = []
        for number in range(40):
            quad = Quad(NamedNode("urn:s"), P, Literal(number))
            old = Quad(NamedNode("urn:s"), P, Literal(number - 1))
            publish(shelf, changing({quad}, {old}), terms)
            sizes.append(sum(log.stat().st_size for log in current(shelf).store_path.glob("*.log")))

    assert current(shelf).manifest.layer == 1
    assert max(sizes) < 3 * sizes[0] + 2**14
    assert min(sizes[20:]) < sizes[10]


def test_another_writer_leaves_it_alone(shelf: Shelf) -> None:
    """What one process keeps no other one removes, as long as it lives; then the next writer does."""
    script = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_workbench import *
with Workbench() as bench:
    publish(Shelf(Path({str(shelf.home)!r})), adding(5000), Terms(frozenset({{"write"}}), plain=True, bench=bench))
    print(flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        kept = drafts(shelf)
        publish(shelf, adding(5001), Terms(frozenset({"write"}), plain=True))
        beside = drafts(shelf)
        os.kill(other.pid, signal.SIGKILL)
    publish(shelf, adding(5002), Terms(frozenset({"write"}), plain=True))

    assert len(kept) == 1
    assert beside == kept
    assert drafts(shelf) == []


def test_it_is_put_away_when_nobody_writes(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A while after the last write nothing of it is left."""
    monkeypatch.setattr(scribe, "KEPT_S", 0.05)
    heard, said = os.pipe()
    with Workbench() as bench, os.fdopen(heard, "rb") as source, os.fdopen(said, "wb", buffering=0) as sink:
        publish(shelf, adding(5000), Terms(frozenset({"write"}), plain=True, bench=bench))
        frame = io.BytesIO()
        scribe.write_frame(frame, b"next")
        sink.write(frame.getvalue())
        soon = scribe.following(source, bench), drafts(shelf)
        sink.close()
        monkeypatch.setattr(scribe, "read_frame", lambda _: None)
        time.sleep(0.1)
        before = drafts(shelf)
        heard_2, said_2 = os.pipe()
        with os.fdopen(heard_2, "rb") as quiet, os.fdopen(said_2, "wb"):
            scribe.following(quiet, bench)
        after = drafts(shelf)

    assert soon[0] == b"next"
    assert len(soon[1]) == len(before) == 1
    assert after == []


def test_an_update_without_a_pattern_opens_no_store(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What asks nothing is read in a cell without a store, which is there sooner."""
    opened: list[Path | None] = []
    begin = Evaluation.__init__

    def noting(self: Evaluation, store: Path | None, *rest: object) -> None:
        opened.append(store)
        begin(self, store, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Evaluation, "__init__", noting)
    terms = Terms(frozenset({"write"}), plain=True)
    publish(shelf, lambda editor: editor.update(Update("INSERT DATA { <urn:a> <urn:p> 1 }")), terms)
    publish(shelf, lambda editor: editor.update(Update("DELETE WHERE { <urn:a> <urn:p> 1 }")), terms)

    assert opened[0] is None
    assert opened[1] is not None


# ---- the time that writers leave to readers


@pytest.mark.parametrize(("is_read", "took_s", "least_s", "most_s"), [(True, 0.4, 0.7, 5), (False, 5.0, 0, 0.9)])
def test_readers_have_most_of_the_time(
    shelf: Shelf, is_read: bool, took_s: float, least_s: float, most_s: float
) -> None:
    """While somebody reads, twice the time passes between two writes that the first one took; else none."""
    _, entry = tokens.new("test", ["write"])

    async def waited() -> float:
        async def nobody(_: str) -> None:
            return

        writers = Writers(Settings(home=shelf.home, tokens=entry, plain_dataset=True), nobody, lambda: is_read)
        await writers.start()
        request = WriteRequest(UPDATE, ("write",))
        await writers.write(request, b"INSERT DATA { <urn:a> <urn:p> 1 }")
        writers.took(took_s)
        began = time.monotonic()
        await writers.write(request, b"INSERT DATA { <urn:a> <urn:p> 2 }")
        found = time.monotonic() - began
        await writers.close()
        return found

    assert least_s <= asyncio.run(waited()) < most_s
