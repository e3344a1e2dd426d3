"""What one lab machine is, and which files it has on this host."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import json
from pathlib import Path

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


def read(file: Path) -> MachineSpec | None:
    """Return the machine that a file of JSON says, or None where there is no such file or it is not whole."""
    try:
        fields = json.loads(file.read_text())
        fields["address"] = ipaddress.IPv4Address(fields["address"])
        fields["subnet"] = ipaddress.IPv4Network(fields["subnet"])
        return MachineSpec(**fields)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
