"""Create, start, stop, cut and destroy one lab machine. Every verb asks kernel and disk first and may be repeated."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from ops import errors
from ops.lab import (
    groups,
    layout,
    limits,
    lock,
    names,
    namespaces,
    network,
    prerequisites,
    processes,
    readiness,
    root,
    spec,
)
from ops.spec import places as site_places

_STOP_SECONDS = 60.0
_ASK_SECONDS = 0.2
_POWER_OFF = signal.SIGRTMIN + 3
"""What systemd as a first process powers off on (systemd(1), SIGNALS)."""

_LAUNCH_SECONDS = 20.0


def status(lab: str, node: str) -> spec.Status:
    """Return what kernel and disk say about a machine now."""
    places = layout.of_machine(lab, node)
    whole = layout.recorded(lab, node) is not None and places.root.is_dir()
    supervised = processes.recall(places.process) is not None
    populated = bool(groups.members(groups.of_machine(lab, node)))
    networked = namespaces.present(names.namespace(lab, node))
    if supervised or populated:
        return spec.Status.RUNNING if whole and supervised and populated and networked else spec.Status.BROKEN
    if whole:
        return spec.Status.STOPPED
    left = places.directory.exists() or networked or groups.of_machine(lab, node)
    return spec.Status.BROKEN if left else spec.Status.ABSENT


def create(wanted: spec.MachineSpec, base: Path) -> bool:
    """Make the machine's disk and keys, unless it stands as wanted; return whether anything was made.

    `base` is the archive (root.tar) or directory of a base root file system; it is read when the disk is made.
    A half-made or differently specified machine of that name is ended and made anew; what runs of one that has
    lost its supervisor is ended as by a power cut.
    Raise PrerequisiteError, NotFoundError (no base), DiskFullError or LockedError.
    """
    prerequisites.check()
    places = layout.of_machine(wanted.lab, wanted.name)
    with lock.hold(wanted.lab, wanted.name):
        if places.root.is_dir() and layout.recorded(wanted.lab, wanted.name) == wanted:
            if status(wanted.lab, wanted.name) is spec.Status.BROKEN:
                _end(wanted.lab, wanted.name)
            return False
        _clear(wanted.lab, wanted.name, places)
        layout.make_directory(places)
        root.make(wanted, base, places)
        draft = places.identity.with_suffix(".draft")
        draft.write_text(wanted.dump())
        draft.rename(places.identity)
    return True


def host_key(lab: str, node: str) -> str:
    """Return a machine's public ssh host key as known_hosts holds it ('ssh-ed25519 AAAA…')."""
    text = layout.of_machine(lab, node).host_key.with_suffix(".pub").read_text()
    return " ".join(text.split()[:2])


def start(lab: str, node: str) -> bool:
    """Power a machine on and wait until it lets its operator in by ssh; return False where it ran already.

    It finds the network of a fresh boot: one interface, no state of the run before.
    Raise NotFoundError for a machine that was not made, DeployError when it ends or does not get ready.
    """
    prerequisites.check()
    machine = layout.require(lab, node)
    with lock.hold(lab):
        network.create(lab, machine.subnet)
    with lock.hold_host():
        limits.widen()
    with lock.hold(lab, node) as held:
        stopped = status(lab, node) is not spec.Status.RUNNING
        if stopped:
            _end(lab, node)
            network.plug(machine)
            _launch(machine, held)
        readiness.wait(machine)
    return stopped


def stop(lab: str, node: str) -> bool:
    """Shut a machine down cleanly; return False where it did not run. Raise TimeoutExpiredError when it hangs."""
    places = layout.of_machine(lab, node)
    with lock.hold(lab, node):
        supervisor = processes.recall(places.process)
        if supervisor is not None and not processes.wait(
            lambda: _asked_off(supervisor), _STOP_SECONDS, poll=_ASK_SECONDS
        ):
            raise errors.TimeoutExpiredError(
                f"{node} did not shut down within {_STOP_SECONDS:g} s",
                where=str(places.console),
                mend="read its console, then cut its power: sitewright lab power-cut",
            )
        _end(lab, node)
    return supervisor is not None


def power_cut(lab: str, node: str) -> bool:
    """End a machine as a power cut does, with nothing written after it; return False where it did not run."""
    with lock.hold(lab, node):
        ran = status(lab, node) in (spec.Status.RUNNING, spec.Status.BROKEN)
        _end(lab, node)
    return ran


def destroy(lab: str, node: str) -> bool:
    """End a machine and remove all of it; return False where nothing was there."""
    places = layout.of_machine(lab, node)
    with lock.hold(lab, node):
        if status(lab, node) is spec.Status.ABSENT:
            return False
        _clear(lab, node, places)
        root.remove_tree(places.directory)
    return True


def _launch(machine: spec.MachineSpec, held: socket.socket) -> None:
    """Start the launcher, which detaches; the lock goes with it until the machine can be found in the kernel."""
    directory = layout.of_machine(machine.lab, machine.name).directory
    command = [*_scope(machine), sys.executable, "-S", "-m", "ops.lab.launcher", str(directory)]
    completed = subprocess.run(
        command,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(site_places.PROJECT_ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[held.fileno()],
        start_new_session=True,
        timeout=_LAUNCH_SECONDS,
    )
    if completed.returncode != 0:
        raise errors.DeployError(
            f"{machine.name} cannot be launched", where=" ".join(command), mend="run that command to see why"
        )


def _scope(machine: spec.MachineSpec) -> list[str]:
    """Return the words before a command that give it a delegated scope where systemd owns the cgroup tree."""
    if not groups.scoped():
        return []
    unit = f"--unit={names.namespace(machine.lab, machine.name)}.scope"
    options = ["--quiet", "--collect", f"--slice={groups.SYSTEMD_SLICE}", "--property=Delegate=yes", unit]
    return ["systemd-run", "--scope", *options, "--"]


def _asked_off(supervisor: processes.Identity) -> bool:
    """Ask a machine to power off and return whether it is off; early in its boot it is deaf, so ask again."""
    first = processes.first_inside(supervisor.pid)
    if first is not None:
        processes.send(first, _POWER_OFF)
    return not supervisor.alive()


def _end(lab: str, node: str) -> None:
    """Kill every process of a machine and remove its cgroups, namespace and bridge port."""
    places = layout.of_machine(lab, node)
    supervisor = processes.recall(places.process)
    if supervisor is not None:
        processes.kill([supervisor.pid])
    groups.end(groups.of_machine(lab, node))
    network.unplug(lab, node)
    places.process.unlink(missing_ok=True)
    root.forget(lab, node, places)


def _clear(lab: str, node: str, places: spec.Places) -> None:
    """End a machine and remove its disk; its host key stays."""
    _end(lab, node)
    places.identity.unlink(missing_ok=True)
    root.discard(places.draft)
    if places.root.exists():
        places.root.rename(places.draft)
        root.discard(places.draft)
