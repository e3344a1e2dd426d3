"""Memory that lab machines hold and that no file can give back: anonymous and shared memory."""

from __future__ import annotations

from pathlib import Path

from ops.lab import groups, remains

_LEGACY = ("total_rss", "total_shmem")
"""Fields of memory.stat with a cgroup's children counted in (cgroup v1, memory.rst)."""

_UNIFIED = ("anon", "shmem")
"""The same of cgroup v2, which always counts children in; there anon is called rss in v1."""


def sample(lab: str) -> dict[str, int]:
    """Return node -> bytes of anonymous and shared memory that the machine's processes hold now.

    Take samples in a loop and keep the largest sum for a peak; page cache, which the kernel gives back, is not in it.
    """
    taken = {}
    for node in remains.nodes(lab):
        for group in groups.of_machine(lab, node):
            file = group / "memory.stat"
            if file.exists():
                taken[node] = _held(file)
    return taken


def _held(file: Path) -> int:
    """Return anonymous plus shared bytes of one memory.stat."""
    values = dict(line.split() for line in file.read_text().splitlines())
    fields = _LEGACY if _LEGACY[0] in values else _UNIFIED
    return sum(int(values.get(field, 0)) for field in fields)
