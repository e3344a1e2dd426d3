"""Labs of the tests: named after this process, with a state directory of their own, so that they touch no other lab."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import ipaddress
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.adapters import process, ssh
from ops.bundle import build
from ops.lab import lab as labs
from ops.lab import layout, machine, names, spec
from ops.spec import defaults

FIRST_ADDRESS = 11


@functools.cache
def base(debian: str) -> Path:
    """Return the archive of a base root file system out of the bundle, built if it is missing."""
    artifact = f"machine-{debian}"
    return build.build([artifact]).path(artifact) / "root.tar"


@dataclasses.dataclass(frozen=True)
class Lab:
    """A lab of one test."""

    name: str
    subnet: ipaddress.IPv4Network
    key: Path
    """The operator's private ssh key; beside it `.pub`."""

    def machine(self, node: str, index: int = 0, debian: str = "trixie") -> spec.MachineSpec:
        """Return what the node with that place in the list is."""
        public = self.key.with_suffix(".pub").read_text().strip()
        address = self.subnet[FIRST_ADDRESS + index]
        return spec.MachineSpec(self.name, node, address, self.subnet, public, debian)

    def up(self, node: str, index: int = 0, debian: str = "trixie") -> spec.MachineSpec:
        """Make a machine and start it."""
        wanted = self.machine(node, index, debian)
        machine.create(wanted, base(debian))
        machine.start(self.name, node)
        return wanted

    def ssh(self, node: str, command: str, *, stdin: str | None = None, timeout: float = 60) -> process.Completed:
        """Run a shell command as the operator on a machine whose host key is pinned; any exit code is returned."""
        wanted = layout.require(self.name, node)
        known_hosts = layout.of_machine(self.name, node).directory / "known_hosts"
        ssh.write_known_hosts(known_hosts, {str(wanted.address): machine.host_key(self.name, node)})
        argv = ["ssh", *ssh.options(known_hosts, self.key), f"{spec.USER}@{wanted.address}", command]
        return process.run(argv, timeout=timeout, expect=range(256), stdin=stdin)


@contextlib.contextmanager
def state_home(directory: Path) -> Iterator[None]:
    """Let the state of all sites lie below a directory."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(directory))
        yield


@contextlib.contextmanager
def make(directory: Path, suffix: str = "") -> Iterator[Lab]:
    """Yield a lab with the operator's key below a directory, and destroy it in the end unless KEEP is set."""
    key = directory / "ssh_key"
    ssh.make_key(key, "operator of a test lab")
    name = f"t-{os.getpid()}{suffix}"
    names.check(name)
    try:
        yield Lab(name, defaults.lab_subnet(name), key)
    finally:
        if not os.environ.get("KEEP"):
            labs.destroy(name)
