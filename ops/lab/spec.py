"""What one lab machine is, and where it lies on this host."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import json
from pathlib import Path

from ops import errors
from ops.lab import names
from ops.spec import places

USER = "sitewright"
"""The account that the operator logs in to; it may use sudo without a password."""


class Status(enum.StrEnum):
    """What this host's kernel and disk say about a machine."""

    ABSENT = "absent"
    """Nothing of it is there."""
    STOPPED = "stopped"
    """Its root file system is whole and no process of it runs."""
    RUNNING = "running"
    """Its supervisor runs in its cgroups, with its network."""
    BROKEN = "broken"
    """A part is there without the rest; create or destroy mends that."""


@dataclasses.dataclass(frozen=True)
class MachineSpec:
    """One machine of a lab."""

    lab: str
    name: str
    address: ipaddress.IPv4Address
    subnet: ipaddress.IPv4Network
    authorized_key: str
    """The operator's public key, one line as in authorized_keys."""
    debian: str = "trixie"

    def dump(self) -> str:
        """Return the machine as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2, default=str) + "\n"


@dataclasses.dataclass(frozen=True)
class Places:
    """The files of one machine on this host."""

    directory: Path

    @property
    def root(self) -> Path:
        """Its whole root file system."""
        return self.directory / "root"

    @property
    def draft(self) -> Path:
        """A root file system that is being made or removed."""
        return self.directory / "root.draft"

    @property
    def identity(self) -> Path:
        """JSON of its MachineSpec; the last file written when a machine is made."""
        return self.directory / "machine.json"

    @property
    def host_key(self) -> Path:
        """The machine's ed25519 ssh host key; beside it `.pub`."""
        return self.directory / "host_key"

    @property
    def process(self) -> Path:
        """Pid, start time and boot of its supervisor."""
        return self.directory / "pid"

    @property
    def console(self) -> Path:
        """What it prints from its start on."""
        return self.directory / "console.log"


def machines_directory(lab: str) -> Path:
    """Return the directory that holds a lab's machines."""
    return places.state_directory(lab) / "machines"


def machine_places(lab: str, node: str) -> Places:
    """Return where one machine's files lie."""
    names.check(lab, node)
    return Places(machines_directory(lab) / node)


def recorded(lab: str, node: str) -> MachineSpec | None:
    """Return what a machine was made as, or None where none was made whole."""
    try:
        fields = json.loads(machine_places(lab, node).identity.read_text())
        fields["address"] = ipaddress.IPv4Address(fields["address"])
        fields["subnet"] = ipaddress.IPv4Network(fields["subnet"])
        return MachineSpec(**fields)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def require(lab: str, node: str) -> MachineSpec:
    """Return what a machine was made as. Raise NotFoundError where none was made whole."""
    found = recorded(lab, node)
    if found is None:
        where = str(machine_places(lab, node).identity)
        raise errors.NotFoundError(f"lab {lab} has no machine {node}", where=where, mend="bring the site up first")
    return found


def make_directory(machine: Places) -> None:
    """Make a machine's directory, and those above it up to the site's, readable by nobody else."""
    machines = machine.directory.parent
    machines.parent.parent.mkdir(parents=True, exist_ok=True)
    for directory in (machines.parent, machines, machine.directory):
        directory.mkdir(mode=0o700, exist_ok=True)
