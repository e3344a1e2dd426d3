"""Make, start and remove one lab machine, and pin its ssh host key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from ops import errors
from ops.actions import sites
from ops.lab import machine, spec
from ops.spec import model

Say = Callable[[str], None]
"""Takes one line about what is going on."""


def is_running(lab: str, node: str) -> bool:
    """Say whether a lab machine runs whole."""
    return machine.status(lab, node) is spec.Status.RUNNING


def stands(lab: str, node: str) -> bool:
    """Say whether a lab machine's disk is whole, running or not; any other is made anew when it is started."""
    return machine.status(lab, node) in {spec.Status.RUNNING, spec.Status.STOPPED}


def exists(lab: str, node: str) -> bool:
    """Say whether anything of a lab machine is there."""
    return machine.status(lab, node) is not spec.Status.ABSENT


def start(site_path: str, node_name: str, say: Say, cancelled: threading.Event) -> None:
    """Make a machine unless it stands, adopt one that a killed run left, and start it until ssh answers."""
    # The bundle's and the certificates' code takes half a second to load, and a run without changes needs neither.
    from ops.actions import prepare  # noqa: PLC0415
    from ops.bundle import build  # noqa: PLC0415

    site = sites.load(site_path)
    wanted = _specification(site, site.node(node_name), prepare.workspace(site).ssh_key)
    say("looking up the base root file system")
    artifact = f"machine-{wanted.debian}"
    base = build.build([artifact]).path(artifact) / "root.tar"
    say("making the machine's disk")
    machine.create(wanted, base)
    prepare.pin_host_keys(site)
    if cancelled.is_set():
        raise errors.DeployError(f"the start of {node_name} was cancelled", where=node_name, mend="run it again")
    say("starting")
    machine.start(wanted.lab, wanted.name)


def destroy(lab: str, node: str, say: Say) -> None:
    """Stop a machine and remove all of it; nothing there is no error."""
    say("removing the machine")
    machine.destroy(lab, node)


def _specification(site: model.Site, node: model.Node, private_key: Path) -> spec.MachineSpec:
    """Return what the machine is. Raise SpecError for a spec whose addresses were not filled in."""
    if node.address is None or site.network.subnet is None:
        raise errors.SpecError(
            f"node {node.name} has no address", where=site.name, mend="load the spec by ops.spec.load: it fills them in"
        )
    return spec.MachineSpec(
        lab=site.name,
        name=node.name,
        address=node.address,
        subnet=site.network.subnet,
        authorized_key=private_key.with_suffix(".pub").read_text(encoding="utf-8").strip(),
        debian=node.debian,
    )
