"""When a machine that was started lets its operator in."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from pathlib import Path

from ops import errors
from ops.lab import layout, processes, spec

_BOOT_SECONDS = 120.0
_SSH_PORT = 22
_ANSWER_SECONDS = 1.0
_TAIL = 800
"""Characters of the console that an error repeats."""


def wait(machine: spec.MachineSpec) -> None:
    """Return when the machine's sshd answers and its boot admits logins.

    Raise DeployError when the machine ends before that, TimeoutExpiredError when it takes too long.
    """
    places = layout.of_machine(machine.lab, machine.name)
    supervisor = processes.recall(places.process)

    def decided() -> bool:
        return supervisor is None or not supervisor.alive() or (_admits(supervisor.pid) and _answers(machine.address))

    in_time = processes.wait(decided, _BOOT_SECONDS)
    if supervisor is None or not supervisor.alive():
        raise errors.DeployError(
            f"{machine.name} ended while it was starting: {_console_tail(places)}",
            where=str(places.console),
            mend="read its console; a machine that was damaged is mended by destroying it and running this again",
        )
    if not in_time:
        raise errors.TimeoutExpiredError(
            f"{machine.name} does not answer on {machine.address} port {_SSH_PORT} after {_BOOT_SECONDS:g} s",
            where=str(places.console),
            mend="read its console; a machine that was damaged is mended by destroying it and running this again",
        )


def _admits(supervisor: int) -> bool:
    """Return whether the boot has come to where accounts other than root may log in (pam_nologin(8))."""
    first = processes.first_inside(supervisor)
    if first is None:
        return False
    run = Path(f"/proc/{first.pid}/root/run")
    return (run / "systemd/system").is_dir() and not (run / "nologin").exists()


def _answers(address: ipaddress.IPv4Address) -> bool:
    """Return whether an ssh server greets on that address."""
    with contextlib.suppress(OSError), socket.create_connection((str(address), _SSH_PORT), _ANSWER_SECONDS) as link:
        return link.recv(4) == b"SSH-"
    return False


def _console_tail(places: spec.Places) -> str:
    """Return the end of what the machine printed."""
    text = places.console.read_text(errors="replace") if places.console.exists() else ""
    return text.strip()[-_TAIL:]
