"""What a process of ours does to itself: limits, a jail, a name; and how it shares the CPU with those that answer.

This file imports the standard library only: it is read in processes that know of nothing else.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import platform
import resource
import signal
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

LIBRARY_STACK_BYTES = 2 * 2**20
PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 1, 15, 38, 22, 2
_MACHINE = platform.machine() if sys.platform == "linux" else ""
# linux/audit.h, and the numbers of socket, connect, bind, listen, accept, sendto, sendmsg, socketpair, clone, fork,
# vfork, execve, execveat, ptrace, accept4, sendmmsg, io_uring_setup, clone3 on each architecture. The first two end
# the process: an engine that only failed to connect would answer SERVICE SILENT, and answer it wrongly.
_DENIED = {
    "x86_64": (0xC000003E, (41, 42, 49, 50, 43, 44, 46, 53, 56, 57, 58, 59, 322, 101, 288, 307, 425, 435)),
    "aarch64": (0xC00000B7, (198, 203, 200, 201, 202, 206, 211, 199, 220, 221, 281, 117, 242, 269, 425, 435)),
}
_DEADLY = 2
_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}
SCHED_FLAG_KEEP_POLICY = 0x08
# As long as the kernel allows.
LONG_MS, USUAL_MS = 100, 0
# The niceness of what somebody may come to wait for, and of what nobody does.
ASIDE, LAST = 10, 19
_ALLOW, _REFUSE, _KILL_PROCESS = 0x7FFF0000, 0x00050000 | 1, 0x80000000
_X32 = 0x40000000


def _filter() -> Any:
    """Return the program that decides on system calls, None where it is not known how they are numbered."""
    if _MACHINE not in _DENIED:
        return None
    arch, denied = _DENIED[_MACHINE]
    rules = [(0x20, 0, 0, 4), (0x15, 1, 0, arch), (0x06, 0, 0, _REFUSE), (0x20, 0, 0, 0)]
    rules += [(0x35, 0, 1, _X32), (0x06, 0, 0, _REFUSE)]
    for place, number in enumerate(denied):
        rules += [(0x15, 0, 1, number), (0x06, 0, 0, _KILL_PROCESS if place < _DEADLY else _REFUSE)]
    rules.append((0x06, 0, 0, _ALLOW))
    return len(rules), ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))


# What is made here is there in every process that is forked from this one.
_LIBC = ctypes.CDLL(None)
_FILTER = _filter()


def jail() -> bool:
    """Deny this thread sockets, on pain of death, and new processes; return whether the kernel agreed."""
    if _FILTER is None:
        return False
    length, code = _FILTER
    bpf = ctypes.create_string_buffer(struct.pack("HxxxxxxP", length, ctypes.addressof(code)))
    prctl = _LIBC.prctl
    return bool(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 == prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, bpf, 0, 0))


def get_ready() -> None:
    """Leave Ctrl-C to the parent, take long turns and have slim threads; who is forked does so from the beginning."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    take_turns(LONG_MS)
    slim_threads()


def settle(name: bytes, parent: int) -> None:
    """Take a name, and have the kernel end this process when its parent ends."""
    if sys.platform == "linux":
        _LIBC.prctl(PR_SET_NAME, name, 0, 0, 0)
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(0)


def slim_threads() -> None:
    """Have the threads that a library starts from now on take 2 MB for their stacks, where glibc knows how.

    RocksDB opens a store with some 140 to 180 of them, several at a time. Of 8 MB each they are more than what glibc
    keeps for those that follow (40 MB), and to map and unmap every one takes as long again as all the rest.
    """
    attributes = ctypes.create_string_buffer(64)
    with contextlib.suppress(AttributeError):
        _LIBC.pthread_attr_init(attributes)
        _LIBC.pthread_attr_setstacksize(attributes, ctypes.c_size_t(LIBRARY_STACK_BYTES))
        _LIBC.pthread_setattr_default_np(attributes)


def take_turns(of_ms: int) -> None:
    """Have this thread, and those that come of it, take the CPU for so long at a time; 0 is what is usual.

    From Linux 6.12 on, whoever wakes up and takes shorter turns need not wait for the end of a long one. Without that
    a query waits up to 4 ms for what is only getting ready. Elsewhere nothing happens.
    """
    number = _SCHED_SETATTR.get(_MACHINE)
    if number is not None:
        nice = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        attributes = struct.pack("IIQiIQQQ", 48, 0, SCHED_FLAG_KEEP_POLICY, nice, 0, of_ms * 10**6, 0, 0)
        _LIBC.syscall(number, 0, attributes, 0)


def give_way() -> None:
    """Let whoever waits for this CPU go first: the kernel would have him wait for its next tick, up to 4 ms."""
    if hasattr(os, "sched_yield"):
        os.sched_yield()


def stand_back() -> None:
    """Have this process run only while nobody else wants the CPU."""
    os.nice(LAST)
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def send_away(thread: int) -> None:
    """Have a thread end on another CPU than this one, if there is one: the kernel cannot be interrupted in that."""
    with contextlib.suppress(OSError, AttributeError):
        others = os.sched_getaffinity(0) - {_LIBC.sched_getcpu()}
        os.sched_setaffinity(thread, others)


def unhurried(work: Callable[[], T]) -> T:
    """Return what some work gives that is done in a thread which lets all others go first, as do those it starts."""

    def step_back() -> None:
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, max(ASIDE, os.getpriority(os.PRIO_PROCESS, thread)))

    with ThreadPoolExecutor(1, initializer=step_back) as aside:
        return aside.submit(work).result()


def limit_memory(budget_bytes: int) -> None:
    """Bound the address space to what is mapped now and a budget; a fixed bound would fail some starts."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        statm = os.open("/proc/self/statm", os.O_RDONLY)
        mapped = int(os.read(statm, 128).split()[0]) * resource.getpagesize()
        os.close(statm)
        resource.setrlimit(resource.RLIMIT_AS, (mapped + budget_bytes, mapped + budget_bytes))


def limit_cpu(budget_s: float) -> None:
    """Give this process so much CPU time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    bound = int(used.ru_utime + used.ru_stime + budget_s) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (bound, resource.RLIM_INFINITY))


def hold(release: Path) -> None:
    """Keep a release from being removed as long as this process lives: a shared lock on its lease.

    A query on a store whose files are gone grows without bound; better no cell than one on such a store.
    """
    with contextlib.suppress(FileNotFoundError):
        fcntl.flock(os.open(release / "lease", os.O_RDONLY), fcntl.LOCK_SH | fcntl.LOCK_NB)
