"""Pure verdict: does this machine have what a lab needs? Standard library only: it runs before set-up."""

from __future__ import annotations

import dataclasses

GIB = 2**30


@dataclasses.dataclass(frozen=True)
class Machine:
    """Facts about the operator's machine; sizes in bytes."""

    is_root: bool
    python: tuple[int, int]
    memory: int
    free_disk: int
    has_bundle: bool
    """The bundle is in the cache, so that nothing large has to be built."""
    processor_flags: frozenset[str]
    debian: str
    """VERSION_ID of a Debian machine, or another system's name."""
    cache: str
    """Directory whose file system must have the space."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that is missing: what, where it was seen, how to mend it."""

    what: str
    where: str
    mend: str


MEMORY = 7 * GIB
"""4 GiB for the machines of the lab, the rest for a Go build."""
DISK_COLD = 25 * GIB
"""Measured: Go caches 14 GiB, artifacts 3 GiB, three machines 5.6 GiB."""
DISK_WARM = 10 * GIB
PYTHON = (3, 11)
DEBIANS = ("12", "13")


def judge(machine: Machine) -> list[Finding]:
    """Given the facts, return everything that is missing at once; an empty list means go."""
    disk = DISK_WARM if machine.has_bundle else DISK_COLD
    wanted = [
        (machine.is_root, Finding("this needs root", "user id", "run it as root: sudo make site")),
        (
            machine.python >= PYTHON,
            Finding(
                f"Python {machine.python[0]}.{machine.python[1]} is too old", "python3", "install Python 3.11 or newer"
            ),
        ),
        (
            machine.debian in DEBIANS,
            Finding(f"the system is {machine.debian}", "/etc/os-release", "use Debian 12 or 13 (elsewhere untested)"),
        ),
        (
            machine.memory >= MEMORY,
            Finding(
                f"{machine.memory / GIB:.1f} GiB of memory", "/proc/meminfo", f"use a machine with {MEMORY // GIB} GiB"
            ),
        ),
        (
            machine.free_disk >= disk,
            Finding(f"{machine.free_disk / GIB:.1f} GiB free", machine.cache, f"free {disk // GIB} GiB there"),
        ),
        (
            "avx2" in machine.processor_flags,
            Finding("the processor lacks AVX2", "/proc/cpuinfo", "use a processor with AVX2 (x86-64-v3)"),
        ),
    ]
    return [finding for met, finding in wanted if not met]
