"""Control groups of lab machines, in every hierarchy that this host has mounted.

On a cgroup v1 host a machine has `sitewright-<lab>/<node>` in each hierarchy. On a cgroup v2 host without
systemd it has that path in the one hierarchy; with systemd it has a delegated scope of systemd's
(https://systemd.io/CGROUP_DELEGATION: nobody else may write to the tree).
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
from pathlib import Path

from ops import errors
from ops.lab import names, processes

LAUNCHER, MACHINE = "launcher", "machine"
"""The parts of a machine's cgroup. cgroup v2 hands controllers only to groups whose parent holds no process."""

SYSTEMD_SLICE = "sitewright.slice"
_MOUNTS = Path("/proc/self/mounts")
_SYSTEMD = Path("/run/systemd/system")
"""Exists where systemd runs the host (sd_booted(3))."""
_COPIED = ("cpuset.cpus", "cpuset.mems")
"""Empty in a new v1 cpuset, which then admits no process (cpusets(7))."""
_REMOVAL_SECONDS = 5.0


@dataclasses.dataclass(frozen=True)
class Hierarchies:
    """Where cgroup file systems are mounted."""

    legacy: tuple[Path, ...]
    """cgroup v1, one for each controller or set of controllers."""
    unified: Path | None
    """cgroup v2; beside v1 it carries no controllers."""

    @property
    def roots(self) -> tuple[Path, ...]:
        """All mount points."""
        return self.legacy + (() if self.unified is None else (self.unified,))


def hierarchies() -> Hierarchies:
    """Return the cgroup hierarchies of this host. Raise PrerequisiteError where none is mounted."""
    legacy, unified = [], None
    for line in _MOUNTS.read_text().splitlines():
        _, target, kind, *_ = line.split()
        if kind == "cgroup":
            legacy.append(Path(target))
        elif kind == "cgroup2":
            unified = Path(target)
    if not legacy and unified is None:
        raise errors.PrerequisiteError(
            "no cgroup file system is mounted", where="/proc/self/mounts", mend="mount cgroup2 on /sys/fs/cgroup"
        )
    return Hierarchies(tuple(legacy), unified)


def scoped() -> bool:
    """Return whether machines belong into scopes of the host's systemd."""
    return not hierarchies().legacy and _SYSTEMD.is_dir()


def enter(lab: str, node: str, part: str) -> None:
    """Move the calling process into one part of the machine's cgroup in every hierarchy, making it as needed."""
    for root in hierarchies().roots:
        base = _own_scope(root) if scoped() else root / names.group(lab) / node
        leaf = base / part
        for directory in (base.parent, base, leaf):
            directory.mkdir(exist_ok=True)
            _copy_cpuset(directory)
        for directory in (root, base.parent):
            if not scoped():
                _hand_down(directory)
        (leaf / "cgroup.procs").write_text(f"{os.getpid()}\n")
        # only now: on cgroup v2 a group that holds a process, as a scope at first does, hands nothing down
        _hand_down(base)


def _own_scope(root: Path) -> Path:
    """Return the scope of systemd's that the calling process, or the launcher that started it, is in."""
    path = Path("/proc/self/cgroup").read_text().strip().rpartition(":")[2]
    own = root / path.lstrip("/")
    return own.parent if own.name == LAUNCHER else own


def _copy_cpuset(directory: Path) -> None:
    """Give a new v1 cpuset what its parent has; two machines of a lab may start at the same time."""
    for name in _COPIED:
        file = directory / name
        if file.exists() and not (directory / "cgroup.controllers").exists() and not file.read_text().strip():
            file.write_text((directory.parent / name).read_text())


def _hand_down(directory: Path) -> None:
    """Let the groups below a v2 cgroup use all controllers that it has."""
    available = directory / "cgroup.controllers"
    wanted = " ".join(f"+{name}" for name in available.read_text().split()) if available.exists() else ""
    if wanted:
        (directory / "cgroup.subtree_control").write_text(f"{wanted}\n")


def of_lab(lab: str) -> list[Path]:
    """Return the cgroup directories of a lab that exist, one for each hierarchy, and its scopes under systemd."""
    found = hierarchies()
    candidates = [root / names.group(lab) for root in found.roots]
    if found.unified is not None:
        candidates.extend((found.unified / SYSTEMD_SLICE).glob(f"{names.namespace(lab)}.*.scope"))
    return [path for path in candidates if path.is_dir()]


def of_machine(lab: str, node: str) -> list[Path]:
    """Return the cgroup directories of one machine that exist."""
    found = hierarchies()
    candidates = [root / names.group(lab) / node for root in found.roots]
    if found.unified is not None:
        candidates.append(found.unified / SYSTEMD_SLICE / f"{names.namespace(lab, node)}.scope")
    return [path for path in candidates if path.is_dir()]


def nodes(group: Path) -> tuple[str, ...]:
    """Given one cgroup of a lab, return the machines that it holds."""
    if group.suffix == ".scope":
        parsed = names.parse_namespace(group.stem)
        return (parsed[1],) if parsed and parsed[1] else ()
    return tuple(path.name for path in group.iterdir() if path.is_dir())


def labs() -> frozenset[str]:
    """Return the names of labs that have cgroups."""
    found = set()
    for root in hierarchies().roots:
        for path in root.glob(f"{names.group('')}*"):
            found.add(names.parse_group(path.name))
        for path in (root / SYSTEMD_SLICE).glob("*.scope"):
            parsed = names.parse_namespace(path.stem)
            found.add(parsed[0] if parsed else None)
    return frozenset(name for name in found if name)


def members(groups: list[Path]) -> frozenset[int]:
    """Return the processes in these cgroups and the ones below them."""
    found: set[int] = set()
    for group in groups:
        for directory, _, _ in os.walk(group):
            with contextlib.suppress(FileNotFoundError, OSError):
                found.update(int(pid) for pid in (Path(directory) / "cgroup.procs").read_text().split())
    return frozenset(found)


def end(groups: list[Path], seconds: float = _REMOVAL_SECONDS) -> None:
    """Kill every process in these cgroups and remove them. Raise TimeoutExpiredError where one stays."""

    def gone() -> bool:
        processes.kill(members(groups))
        left = [group for group in groups if not _remove(group)]
        return not left

    if not processes.wait(gone, seconds):
        raise errors.TimeoutExpiredError(
            f"cgroups stay busy for {seconds:g} s after their processes were killed",
            where=", ".join(str(group) for group in groups if group.exists()),
            mend="look for processes in uninterruptible sleep (ps -eo pid,stat,wchan,args) and run the command again",
        )


def _remove(group: Path) -> bool:
    """Remove a cgroup and all below it, deepest first; return whether it is gone."""
    for directory, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(directory).rmdir()
    return not group.exists()
