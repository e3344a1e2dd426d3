"""A whole lab: what it consists of now, and its end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from ops import errors
from ops.adapters import process
from ops.lab import (
    groups,
    layout,
    limits,
    lock,
    machine,
    names,
    namespaces,
    network,
    prerequisites,
    remains,
    root,
    spec,
)

_SECONDS = 20.0


@dataclasses.dataclass(frozen=True)
class LabStatus:
    """What kernel and disk hold of one lab."""

    name: str
    machines: Mapping[str, spec.Status]
    remains: tuple[str, ...]
    """A line for each thing of it that is there; none means that there is no such lab."""


def list_labs() -> tuple[str, ...]:
    """Return the names of the labs of which anything is on this host, whichever checkout made them."""
    return remains.labs()


def status(lab: str) -> LabStatus:
    """Return what is there of a lab."""
    names.check(lab)
    machines = {node: machine.status(lab, node) for node in remains.nodes(lab)}
    return LabStatus(lab, machines, remains.listing(lab))


def destroy(lab: str) -> tuple[str, ...]:
    """End a lab, whole or half gone, and remove all of it; return a line for each thing that was removed.

    The site's keys and records stay. Raise DeployError, naming what is left, where anything is.
    """
    names.check(lab)
    prerequisites.check()
    found = remains.listing(lab)
    for node in remains.nodes(lab):
        machine.destroy(lab, node)
    with lock.hold(lab):
        network.delete_link(lab)
        namespaces.delete(names.namespace(lab))
        groups.end(groups.of_lab(lab))
        for mount in remains.mounts(lab):
            process.run(["umount", "--lazy", mount], timeout=_SECONDS)
        root.remove_tree(layout.machines_directory(lab))
    with lock.hold_host():
        if not groups.labs():
            limits.restore()
    left = remains.listing(lab)
    if left:
        raise errors.DeployError(
            f"{len(left)} things of lab {lab} are left: {'; '.join(left)}",
            where=f"lab {lab}",
            mend="look for a run that is making this lab at the same time, then destroy it again",
        )
    return found
