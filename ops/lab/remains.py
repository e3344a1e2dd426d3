"""Everything of a lab that this host's kernel and disk hold, found by name: what a killed run left is found too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ops.lab import groups, layout, names, namespaces, processes
from ops.spec import places

_MOUNTS = Path("/proc/self/mountinfo")
_TARGET_FIELD = 4
"""Index of the mount point in a line of mountinfo (proc(5))."""


def labs() -> tuple[str, ...]:
    """Return the names of all labs of which anything is there, sorted."""
    found = set(groups.labs())
    for name in namespaces.listed():
        parsed = names.parse_namespace(name)
        if parsed:
            found.add(parsed[0])
    for name in namespaces.links(None):
        parsed = names.parse_namespace(name)
        if parsed:
            found.add(parsed[0])
    root = places.state_root()
    found.update(path.parent.name for path in root.glob("*/machines"))
    return tuple(sorted(found))


def nodes(lab: str) -> tuple[str, ...]:
    """Return the names of all machines of a lab of which anything is there, sorted."""
    found = {node for group in groups.of_lab(lab) for node in groups.nodes(group)}
    for name in namespaces.listed():
        parsed = names.parse_namespace(name)
        if parsed and parsed[0] == lab and parsed[1]:
            found.add(parsed[1])
    directory = layout.machines_directory(lab)
    if directory.is_dir():
        found.update(path.name for path in directory.iterdir() if path.is_dir())
    return tuple(sorted(found))


def mounts(lab: str) -> tuple[Path, ...]:
    """Return what is mounted below a lab's machines on the host's side, deepest first."""
    directory = layout.machines_directory(lab).resolve()
    targets = [Path(line.split()[_TARGET_FIELD]) for line in _MOUNTS.read_text().splitlines()]
    return tuple(sorted((path for path in targets if path.is_relative_to(directory)), reverse=True))


def listing(lab: str) -> tuple[str, ...]:
    """Return a line for each thing of a lab that is there; none means that the lab is gone."""
    lines = [f"cgroup {group}" for group in groups.of_lab(lab)]
    lines.extend(f"process {pid}" for pid in sorted(groups.members(groups.of_lab(lab))))
    ours = [name for name in namespaces.listed() if (names.parse_namespace(name) or ("",))[0] == lab]
    lines.extend(f"namespace {name}" for name in sorted(ours))
    lines.extend(f"process {pid}" for pid in sorted(_inside(ours)))
    lines.extend(f"link {name}" for name in namespaces.links(None) if name == names.link(lab))
    lines.extend(f"mount {path}" for path in mounts(lab))
    directory = layout.machines_directory(lab)
    if directory.exists():
        lines.append(f"directory {directory}")
    return tuple(dict.fromkeys(lines))


def _inside(namespace_names: Iterable[str]) -> frozenset[int]:
    """Return the processes in these network namespaces."""
    found: set[int] = set()
    for name in namespace_names:
        if namespaces.present(name):
            found |= processes.in_namespace(namespaces.DIRECTORY / name)
    return frozenset(found)
