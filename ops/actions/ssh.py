"""Run a command as root on one node of a site, or open a shell there."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Sequence

from ops import errors, spec
from ops.actions import sites
from ops.adapters import ssh as adapter
from ops.lab import machine
from ops.lab.spec import Status
from ops.spec import access, locate, model

_PROBE_SECONDS = 30.0


def ssh(argument: str, node_name: str, command: Sequence[str]) -> int:
    """Given site, node and the words of a command, run it as root there and return its exit code.

    Without a command, open root's shell. Input, output and terminal are this process's own.
    Raise NotFoundError when there is no such node, UnreachableError, HostKeyError or CredentialError when ssh fails.
    """
    site = spec.load(locate.resolve(argument))
    node = sites.node(site, node_name)
    access.pin(site)
    _check_machine(site, node)
    words = _words(site, node)
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    wanted = shlex.join(command) if command else ""
    sudo = "sudo" if is_terminal else "sudo --non-interactive"
    remote = f"{sudo} -- {wanted}" if wanted else f"{sudo} --login"
    argv = ["ssh", "-t" if is_terminal else "-T", *words, remote]
    code = subprocess.run(argv, check=False).returncode
    if code == adapter.FAILED:
        _explain(words, str(node.address))
    return code


def _check_machine(site: model.Site, node: model.Node) -> None:
    """Raise UnreachableError for a lab machine that does not run: nothing else has its address."""
    if site.lab is None:
        return
    state = machine.status(site.name, node.name)
    if state is not Status.RUNNING:
        raise errors.UnreachableError(
            f"lab machine {node.name} is {state.value}",
            where=f"lab {site.name}",
            mend=f"run: sitewright site up {site.name}",
        )


def _words(site: model.Site, node: model.Node) -> list[str]:
    """Return ssh's options and target."""
    key = access.private_key(site)
    identity = [] if key is None else ["-i", str(key)]
    return ["-o", "LogLevel=ERROR", *access.options(site), *identity, f"{site.access.user}@{node.address}"]


def _explain(words: Sequence[str], address: str) -> None:
    """Ask once more with a command that always succeeds: when that fails too, it was ssh. Raise what it says."""
    argv = ["ssh", "-T", "-o", "BatchMode=yes", *words, "true"]
    probe = subprocess.run(argv, check=False, capture_output=True, text=True, timeout=_PROBE_SECONDS)
    if probe.returncode == adapter.FAILED:
        raise adapter.explain(probe.stderr, address)
