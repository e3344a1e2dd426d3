"""Processes as the kernel tells them: a pid means nothing without its start time, because pids are used again."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_PROC = Path("/proc")
_START_FIELD = 19
"""Index of the start time among the fields of /proc/PID/stat after the program's name (proc(5): field 22)."""
_POLL_SECONDS = 0.02


@dataclasses.dataclass(frozen=True)
class Identity:
    """One process of one boot of this host."""

    pid: int
    start: int
    """Clock ticks between boot and the start of the process."""
    boot: str
    """/proc/sys/kernel/random/boot_id"""

    def alive(self) -> bool:
        """Return whether that very process still runs."""
        return identify(self.pid) == self


def identify(pid: int) -> Identity | None:
    """Return who a pid is now, or None where there is no such process or only its zombie."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX":
        return None
    return Identity(pid, int(fields[_START_FIELD]), (_PROC / "sys/kernel/random/boot_id").read_text().strip())


def record(path: Path, pid: int) -> None:
    """Write who a pid is into a file, whole or not at all."""
    identity = identify(pid)
    if identity is None:
        raise ProcessLookupError(pid)
    draft = path.with_suffix(".draft")
    draft.write_text(f"{identity.pid} {identity.start} {identity.boot}\n")
    draft.rename(path)


def recall(path: Path) -> Identity | None:
    """Return the process that a file records if it still runs, else None."""
    try:
        pid, start, boot = path.read_text().split()
        identity = Identity(int(pid), int(start), boot)
    except (FileNotFoundError, ValueError):
        return None
    return identity if identity.alive() else None


def send(identity: Identity, number: int) -> None:
    """Send a signal to that very process; one that has ended gets none."""
    try:
        descriptor = os.pidfd_open(identity.pid)
    except ProcessLookupError:
        return
    try:
        if identity.alive():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)


def kill(pids: Iterable[int]) -> None:
    """Send SIGKILL to each process that still runs."""
    for pid in pids:
        identity = identify(pid)
        if identity is not None:
            send(identity, signal.SIGKILL)


def children(pid: int) -> tuple[int, ...]:
    """Return the processes that this one started, or that were handed to it, and that have not ended."""
    try:
        return tuple(int(word) for word in (_PROC / f"{pid}/task/{pid}/children").read_text().split())
    except (FileNotFoundError, ProcessLookupError):
        return ()


def first_inside(supervisor: int) -> Identity | None:
    """Return the first process of the machine below its launcher (launcher, systemd-nspawn, init); None before it is.

    It is number 1 in the one namespace of process numbers below the host's (NSpid, proc(5)).
    """
    for nspawn in children(supervisor):
        for pid in children(nspawn):
            try:
                text = (_PROC / f"{pid}/status").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if f"\nNSpid:\t{pid}\t1\n" in text:
                return identify(pid)
    return None


def in_namespace(file: Path) -> frozenset[int]:
    """Given the file that a network namespace is bound to, return the processes in it."""
    wanted = file.stat()
    return frozenset(pid for pid in _listed() if _same(pid, "ns/net", wanted))


def at_work_in(directory: Path) -> frozenset[int]:
    """Return the processes whose working directory that is."""
    if not directory.exists():
        return frozenset()
    wanted = directory.stat()
    return frozenset(pid for pid in _listed() if _same(pid, "cwd", wanted))


def _listed() -> list[int]:
    """Return the pids of all processes of this host."""
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal()]


def _same(pid: int, link: str, wanted: os.stat_result) -> bool:
    """Return whether a link under /proc/PID leads to that very file."""
    try:
        found = (_PROC / str(pid) / link).stat()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False
    return (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino)


def wait(condition: Callable[[], bool], seconds: float, *, poll: float = _POLL_SECONDS) -> bool:
    """Ask every `poll` seconds until the condition holds or the seconds are over; return whether it holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(poll)
    return True
