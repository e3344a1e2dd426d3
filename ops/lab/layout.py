"""Where lab machines lie on this host, and what is recorded there of each."""

from __future__ import annotations

from pathlib import Path

from ops import errors
from ops.lab import names, spec
from ops.spec import places


def machines_directory(lab: str) -> Path:
    """Return the directory that holds a lab's machines."""
    return places.state_directory(lab) / "machines"


def of_machine(lab: str, node: str) -> spec.Places:
    """Return where one machine's files lie. Raise SpecError for a name that cannot be a machine's."""
    names.check(lab, node)
    return spec.Places(machines_directory(lab) / node)


def recorded(lab: str, node: str) -> spec.MachineSpec | None:
    """Return what a machine was made as, or None where none was made whole."""
    return spec.read(of_machine(lab, node).identity)


def require(lab: str, node: str) -> spec.MachineSpec:
    """Return what a machine was made as. Raise NotFoundError where none was made whole."""
    found = recorded(lab, node)
    if found is None:
        where = str(of_machine(lab, node).identity)
        raise errors.NotFoundError(f"lab {lab} has no machine {node}", where=where, mend="bring the site up first")
    return found


def make_directory(machine: spec.Places) -> None:
    """Make a machine's directory, and those above it up to the site's, readable by nobody else."""
    machines = machine.directory.parent
    machines.parent.parent.mkdir(parents=True, exist_ok=True)
    for directory in (machines.parent, machines, machine.directory):
        directory.mkdir(mode=0o700, exist_ok=True)
