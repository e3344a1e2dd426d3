"""Supervise one machine, detached from whoever asked: `python -m ops.lab.launcher DIRECTORY`.

The program forks into a session of its own, enters the machine's cgroups, records itself and runs systemd-nspawn, again
after each reboot, so that the machine outlives its caller and is found in the kernel at every later step.
It imports no package beyond the standard library and a few files of ours: its start is part of every boot.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from ops.lab import groups, names, namespaces, network, processes, spec

_DEVICES = ("/dev/kmsg", "/dev/fuse", "/dev/net/tun")
"""kubelet, rootless mounts and tunnels open these; each is handed in where this host has it."""

_CALLS = ("@keyring", "bpf", "perf_event_open")
"""System calls that nspawn refuses by default: containerd, and Cilium with eBPF, need them."""

_FIRST_INHERITED, _LAST_INHERITED = 3, 1024
"""Descriptors of the caller, its lock among them."""

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_REBOOT = 133
"""Exit code of systemd-nspawn --keep-unit when the machine asked for a reboot (systemd-nspawn(1), EXIT STATUS)."""


def arguments(lab: str, node: str, root: Path) -> list[str]:
    """Return the argv of systemd-nspawn for a machine."""
    name = names.namespace(lab, node)
    argv = [
        "systemd-nspawn",
        "--quiet",
        "--settings=no",
        "--boot",
        "--register=no",
        "--keep-unit",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--console=read-only",
        "--kill-signal=SIGRTMIN+3",
        "--capability=all",
        # the clock is the host's
        "--drop-capability=CAP_SYS_TIME",
        f"--directory={root}",
        f"--machine={name}",
        f"--hostname={node}",
        f"--network-namespace-path={namespaces.DIRECTORY / name}",
    ]
    argv.extend(f"--bind={device}" for device in _DEVICES if Path(device).exists())
    argv.extend(f"--system-call-filter={call}" for call in _CALLS)
    return argv


def environment() -> Mapping[str, str]:
    """Return the whole environment of systemd-nspawn: nothing of the caller's reaches a machine."""
    legacy = bool(groups.hierarchies().legacy)
    return {
        "PATH": _PATH,
        # /proc/sys/net belongs to the machine's own network namespace; the rest of /proc/sys stays read-only
        "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network",
        # systemd 257 inside would otherwise ask for cgroup v2
        "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "0" if legacy else "1",
        # whether /tmp is in memory is the machine's Debian's choice
        "SYSTEMD_NSPAWN_TMPFS_TMP": "0",
    }


def main(directory: str) -> int:
    """Detach, supervise the machine until it is off, and return 0; the caller gets 0 once the machine is on its way."""
    places = spec.Places(Path(directory))
    machine = spec.read(places.identity)
    if machine is None:
        return 1
    groups.enter(machine.lab, machine.name, groups.LAUNCHER)
    told, tell = os.pipe()
    if os.fork():
        os.close(tell)
        return 0 if os.read(told, 1) else 1
    os.setsid()
    os.chdir("/")
    console = os.open(places.console, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for descriptor in (1, 2):
        os.dup2(console, descriptor)
    processes.record(places.process, os.getpid())
    os.write(tell, b"1")
    # The caller's lock is kept until here, where the machine can be found in the kernel.
    os.closerange(_FIRST_INHERITED, _LAST_INHERITED)
    while _run(machine, places.root) == _REBOOT:
        network.plug(machine)
    return 0


def _run(machine: spec.MachineSpec, root: Path) -> int:
    """Run the machine until it is off and return nspawn's exit code."""
    with subprocess.Popen(
        arguments(machine.lab, machine.name, root),
        env=environment(),
        preexec_fn=lambda: groups.enter(machine.lab, machine.name, groups.MACHINE),  # noqa: PLW1509 - one thread
    ) as supervisor:
        return supervisor.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
