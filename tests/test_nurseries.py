"""The process that cells come from: what they have from it, and that nothing hangs or is lost where it fails."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from pyoxigraph import Literal, NamedNode, Store, Triple

from pfgraph.namespaces import GRAPH, RDFS, prefixes
from pfgraph.publish.evaluation import Budget, Evaluation
from pfgraph.publish.evaluation import Nursery as WritersNursery
from pfgraph.query import confines
from pfgraph.query.cells import CELL, spawn
from pfgraph.query.cells import Budget as CellBudget
from pfgraph.query.children import Child
from pfgraph.query.engine import Engine, Request
from pfgraph.query.nurseries import Nurseries
from pfgraph.query.nursery import Kept, attend
from pfgraph.query.pool import SPARE_S
from pfgraph.releases.locks import Lease, unread
from pfgraph.releases.release import Release
from pfgraph.settings import Settings
from servers import Server, children, named, running, state_of
from sites import publish

FILTERED = "ASK { ?s ?p ?o FILTER(true) }"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
THINGS = [Triple(NamedNode(f"urn:example:{n}"), RDFS.label, Literal(str(n))) for n in range(60)]


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Return a release of a few things."""
    return publish(tmp_path_factory.mktemp("home"), {GRAPH["data/x"].value: THINGS})


@pytest.fixture
def server(release: Release) -> Iterator[Server]:
    """Lend a server with cells on the release."""
    with running(release.path.parent.parent, query_timeout_s=3.0) as server:
        assert asked(server, FILTERED).status_code == 200
        until(lambda: len(server.cells()) >= 2)
        yield server


def until(is_so: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def asked(server: Server, text: str = "ASK {}") -> httpx.Response:
    """Return the answer to a query that no cache knows."""
    return server.get("/sparql", params={"query": f"{text} # {time.monotonic()}"})


def nursery_of(server: Server) -> int:
    """Return the server's nursery; a cell just forked has its name for a moment."""
    until(lambda: len(server.nurseries()) == 1)
    return server.nurseries()[0]


def all_killed(server: Server) -> None:
    """Kill every cell, and wait until none of them is left and there are others."""
    killed = server.cells()
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    # One that has been killed and has not ended yet may still be asked; whoever asked it is told that it was lost.
    until(lambda: asked(server).status_code == 200)
    until(lambda: not {*killed} & {*children(server.process.pid)} and server.cells())


def command_of(pid: int) -> bytes:
    """Return the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def held_by(pid: int) -> set[str]:
    """Return the sockets and pipes that a process has."""
    links = [str(each.readlink()) for each in Path(f"/proc/{pid}/fd").iterdir()]
    return {link for link in links if link.startswith(("socket:", "pipe:"))}


def test_cells_come_from_the_nursery(server: Server) -> None:
    """A cell is a child of the server and runs no command of its own; `/health` says so."""
    nursery = nursery_of(server)

    assert server.engine()["forks"] is True
    assert {command_of(pid) for pid in server.cells()} == {command_of(nursery)}


def test_a_cell_has_only_what_is_its_own(server: Server) -> None:
    """A cell has one socket and one pipe, which no other one and not the nursery has."""
    found = [held_by(pid) for pid in server.cells()]
    nursery = nursery_of(server)

    assert [len(held) for held in found] == [2] * len(found)
    assert len(set().union(*found, held_by(nursery))) == sum(map(len, found)) + 2


def test_a_killed_nursery_harms_no_cell(server: Server) -> None:
    """`kill -9` of the nursery ends no query and no cell; the next cells come from another one."""
    nursery = nursery_of(server)
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(asked(server, ENDLESS)))
    asking.start()
    server.until(1)
    until(lambda: len(server.cells()) > 1)
    before = server.cells()
    os.kill(nursery, signal.SIGKILL)
    until(lambda: nursery not in children(server.process.pid))
    assert server.engine()["forks"] is False
    assert {*before} <= {*server.cells()}
    asking.join()
    assert answers[0].json()["type"].endswith("query-timeout")
    all_killed(server)
    other = nursery_of(server)

    assert other != nursery
    assert {command_of(pid) for pid in server.cells()} == {command_of(other)}


def test_a_stopped_nursery_holds_up_nobody_for_long(server: Server) -> None:
    """A nursery that does nothing is given up for another one."""
    nursery = nursery_of(server)
    os.kill(nursery, signal.SIGSTOP)
    for pid in server.cells():
        os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    answer = asked(server)

    assert answer.status_code == 200
    assert time.monotonic() - began < 5
    until(lambda: nursery not in children(server.process.pid))
    all_killed(server)
    assert nursery_of(server) != nursery


def test_a_nursery_that_cannot_start_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no nursery runs nobody waits for a cell from it, and there is no second try right after."""
    started: list[object] = []
    start = Child.start
    monkeypatch.setattr(Child, "start", lambda *given: started.append(given) or start(*given))

    async def tried() -> tuple[list[object], float]:
        nurseries = Nurseries(CELL.with_name("nothing.py"))
        nurseries.start()
        began = time.monotonic()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            with pytest.raises(ConnectionResetError):
                await nurseries.child({}, theirs.fileno())
            found = [await nurseries.child({}, theirs.fileno()) for _ in range(2)]
        await nurseries.close()
        return found, time.monotonic() - began

    found, took_s = asyncio.run(tried())

    assert found == [None] * 2
    assert len(started) == 1
    assert took_s < 2


def test_nothing_outlives_the_server(server: Server) -> None:
    """`kill -9` of the server ends its nursery and its cells, also one that computes."""
    with server.ask(ENDLESS):
        server.until(1)
        until(lambda: len(server.cells()) > 1)
        time.sleep(0.3)
        alive = [*server.cells(), nursery_of(server)]
        server.process.kill()
        server.process.wait()

    until(lambda: not [pid for pid in alive if state_of(pid) not in ("", "Z")])


def test_no_process_is_left_unburied(server: Server) -> None:
    """Whatever is killed is waited for: cells again and again, and the nursery."""
    for turn in range(4):
        if turn == 2:
            os.kill(nursery_of(server), signal.SIGKILL)
        all_killed(server)

    until(lambda: not [pid for pid in children(server.process.pid) if state_of(pid) == "Z"])


def test_a_cell_that_nobody_waits_for_any_more_ends(release: Release) -> None:
    """A start that is given up leaves no process, though the nursery has been asked already."""

    async def given_up() -> list[int]:
        nurseries = Nurseries(CELL)
        nurseries.start()
        told = {"store": str(release.store_path), "memory_bytes": 2**28, "prefixes": dict(prefixes())}
        # Both ends stay here: that it has nobody to talk to is not what ends the cell.
        ours, theirs = socket.socketpair()
        with ours, theirs:
            starting = asyncio.ensure_future(nurseries.child(told, theirs.fileno()))
            await asyncio.sleep(0)
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            last = await nurseries.child(told, theirs.fileno())
            assert last is not None
            last.kill()
            await last.ended()
            for _ in range(100):
                left = {*children(os.getpid())} - before - {*named("pfgraph-nursery", os.getpid())}
                if not left:
                    break
                await asyncio.sleep(0.02)
        await nurseries.close()
        return [*left, *named("pfgraph-nursery", os.getpid())]

    before = {*children(os.getpid())}

    assert [pid for pid in asyncio.run(given_up()) if pid not in before] == []


def test_who_answers_goes_first(server: Server) -> None:
    """What only gets ready takes long turns on the CPU, what answers the usual ones: it is not kept waiting."""
    nursery = nursery_of(server)
    usual = slice_of(os.getpid())
    if not usual:
        pytest.skip("this kernel does not tell, or knows of no turns")
    until(lambda: all(len([*Path(f"/proc/{pid}/task").iterdir()]) > 1 for pid in server.cells()))

    assert slice_of(nursery) == 100_000_000 > usual
    for pid in server.cells():
        answering = max(int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir())
        until(lambda answering=answering: slice_of(answering) == usual)


def slice_of(thread: int) -> int:
    """Return how many nanoseconds at a time a thread may have; 0 where the kernel does not say."""
    try:
        lines = Path(f"/proc/{thread}/sched").read_text("ascii").splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[-1]) for line in lines if line.startswith("se.slice")), 0)


def test_a_library_has_slim_threads() -> None:
    """Once a process has said so, the threads that a library starts in it take 2 MB each for their stacks."""
    said = """
import ctypes, sys
from pfgraph.query import confines
libc, attributes, size = ctypes.CDLL(None), ctypes.create_string_buffer(64), ctypes.c_size_t()
if not hasattr(libc, "pthread_getattr_default_np"):
    sys.exit(print(confines.LIBRARY_STACK_BYTES))
confines.get_ready()
libc.pthread_getattr_default_np(attributes)
libc.pthread_attr_getstacksize(attributes, ctypes.byref(size))
print(size.value)
"""
    found = subprocess.run([sys.executable, "-c", said], capture_output=True, check=True)

    assert int(found.stdout) == 2 * 2**20


def test_what_is_in_no_hurry_lets_others_go_first() -> None:
    """Work that is put aside is done in a thread of less priority; what it gives or raises comes back."""
    niceness = confines.unhurried(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    assert niceness == 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) < 10
    with pytest.raises(ZeroDivisionError):
        confines.unhurried(lambda: 1 // 0)
    # A server that is itself in no hurry may not be in more of one.
    said = "import os; from pfgraph.query import confines; os.nice(15); print(confines.unhurried(lambda: os.nice(0)))"
    assert subprocess.run([sys.executable, "-c", said], capture_output=True, check=True).stdout == b"15\n"


def test_an_idle_cell_ends_elsewhere() -> None:
    """What is sent away is on another CPU than this one from then on, where there is another one."""
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one CPU only")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        confines.send_away(other.pid)
        left = os.sched_getaffinity(other.pid)
        other.kill()

    assert len(left) == len(os.sched_getaffinity(0)) - 1


def test_a_cell_is_to_spare_a_while_after_a_question(release: Release) -> None:
    """Beside a question no cell is started for others; soon after it there is one."""

    async def idle() -> tuple[int, int]:
        engine = Engine(Settings(cells=2))
        await engine.start()
        await engine.answer(Request(FILTERED, "text/csv", release))
        at_once = engine.health()["processes"]
        await asyncio.sleep(2 * SPARE_S)
        later = engine.health()["idle"]
        await engine.close()
        return at_once, later

    assert asyncio.run(idle()) == (1, 2)


def test_ctrl_c_is_for_the_server(server: Server) -> None:
    """A terminal sends Ctrl-C to all of them; cells and nursery go on until the server ends them."""
    alive = sorted([*server.cells(), *server.nurseries()])
    for pid in alive:
        os.kill(pid, signal.SIGINT)
    assert asked(server).status_code == 200

    assert {*alive} <= {*server.cells(), *server.nurseries()}


def test_cells_share_no_dice(server: Server) -> None:
    """What is random in one cell is not the same in the next, though one process made both."""
    found = []
    for _ in range(3):
        (row,) = asked(server, "SELECT (STRUUID() AS ?x) (RAND() AS ?y) {}").json()["results"]["bindings"]
        found += [row["x"]["value"], row["y"]["value"]]
        all_killed(server)

    assert len(set(found)) == 6


def test_a_release_gets_its_cells_one_after_the_other(release: Release) -> None:
    """As many cells as one client may have, and one more, are ready and nobody's; only one starts at a time."""

    async def prepared() -> tuple[list[int], int]:
        engine = Engine(Settings(cells=4))
        await engine.start()
        preparing = asyncio.ensure_future(engine.prepare(release))
        starting = []
        while not preparing.done():
            health = engine.health()
            starting.append(health["processes"] - health["idle"])
            await asyncio.sleep(0.001)
        idle = engine.health()["idle"]
        await engine.close()
        return starting, idle

    starting, idle = asyncio.run(prepared())

    assert idle == 3
    assert max(starting) == 1


# ---- the store that is kept open


def test_a_cell_finds_its_store_open(tmp_path: Path) -> None:
    """The second cell on a release opens nothing: it starts though the store could not be opened any more."""
    other = publish(tmp_path, {GRAPH["data/y"].value: THINGS})
    current = other.store_path / "CURRENT"

    async def started() -> int:
        nurseries = Nurseries(CELL)
        nurseries.start()
        cells = []
        for _ in range(2):
            cells.append(await spawn(str(other.store_path), CellBudget(2**28, 5.0), prefixes(), nurseries))
            if len(cells) == 1:
                current.rename(current.with_name("elsewhere"))
        for cell in cells:
            await cell.gone()
        await nurseries.close()
        return len(cells)

    assert asyncio.run(started()) == 2
    with pytest.raises(OSError, match="CURRENT"):
        Store.read_only(str(other.store_path))


def test_a_store_is_kept_as_long_as_nobody_asks_for_another(release: Release, tmp_path: Path) -> None:
    """What a nursery has open is not removed; it lets go of it for the next one, and where nobody asks for a while."""
    other = publish(tmp_path, {GRAPH["data/y"].value: THINGS})
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    kept = Kept(Store.read_only)
    nursing = threading.Thread(target=attend, args=(theirs, lambda: False, kept, lambda: None, 0.5))
    nursing.start()

    def ask(wanted: Release) -> None:
        with Lease.take(wanted.lease_path) or pytest.fail("no lease") as lease:
            message = json.dumps({"number": 0, "told": {}, "opens": str(wanted.store_path)}).encode()
            socket.send_fds(ours, [message], [lease.fileno()])
            until(lambda: kept.given and is_held(wanted))

    with ours, theirs:
        ask(release)
        assert is_held(release)
        ask(other)
        until(lambda: not is_held(release))
        assert is_held(other)
        until(lambda: not is_held(other))
        assert kept.given == {}
        ours.shutdown(socket.SHUT_RDWR)
        nursing.join()


def is_held(release: Release) -> bool:
    """Return whether somebody has a lease on a release."""
    with unread(release.lease_path) as free:
        return not free


def test_what_cannot_be_opened_is_kept_by_nobody(release: Release, tmp_path: Path) -> None:
    """A store that cannot be opened leaves a nursery with none, not with the one before."""
    kept = Kept(Store.read_only)
    with Lease.take(release.lease_path) or pytest.fail("no lease") as lease:
        kept.have(str(release.store_path), lease.fileno())
        before = kept.given
        kept.have(str(tmp_path / "none"), lease.fileno())

    assert [*before] == ["store"]
    assert kept.given == {}
    assert not is_held(release)


# ---- those of writers


def test_writers_have_a_nursery_of_their_own(release: Release) -> None:
    """A writer's cell is a child of the process that writes; where its nursery was killed it comes from another one."""
    before = {*children(os.getpid())}
    nursery = WritersNursery()
    nursery.start()
    found = []
    for turn in range(3):
        with Evaluation(release.store_path, Budget(), nursery) as cell:
            assert cell.ask("data", data="<urn:a> <urn:b> <urn:c> .", base="urn:x:")[1]
            found.append(len(named("pfgraph-writer", os.getpid())))
        if turn == 1:
            (mother,) = {*named("pfgraph-nursery", os.getpid())} - before
            os.kill(mother, signal.SIGKILL)
    nursery.close()

    assert found == [1, 1, 1]
    assert {*children(os.getpid())} - before == set()


def test_a_writers_nursery_that_does_nothing_is_given_up(release: Release) -> None:
    """A stopped nursery holds a write up for a moment only."""
    before = {*children(os.getpid())}
    nursery = WritersNursery()
    nursery.start()
    with Evaluation(release.store_path, Budget(), nursery):
        pass
    (mother,) = {*named("pfgraph-nursery", os.getpid())} - before
    os.kill(mother, signal.SIGSTOP)
    began = time.monotonic()
    with Evaluation(release.store_path, Budget(), nursery) as cell:
        assert cell.ask("data", data="<urn:a> <urn:b> <urn:c> .", base="urn:x:")[1]
    took_s = time.monotonic() - began
    nursery.close()

    assert took_s < 5
    assert {*children(os.getpid())} - before == set()
