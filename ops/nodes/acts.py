"""What maintenance can do to a node: one entry here and one task file, roles/maintenance/tasks/acts/<name>.yml, each.

A later act, such as a driver or kernel upgrade, is one more entry: which package it moves, who says the version, what
must start again. Cordon, drain, verification, journal and the way back are the same for all.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Callable

from ops import errors
from ops.plan import node_variables
from ops.spec import model


class Step(enum.StrEnum):
    """What is done to one node, in this order."""

    CORDON = "cordon"
    DRAIN = "drain"
    ACT = "act"
    RESTART = "restart"
    VERIFY = "verify"
    UNCORDON = "uncordon"
    SPREAD = "spread"
    """Replicas that share a node although another is free move to the free one."""


class Restart(enum.StrEnum):
    """What must start again before a change is in force."""

    NOTHING = "nothing"
    SERVICE = "service"
    MACHINE = "machine"


_ALL = tuple(Step)


@dataclasses.dataclass(frozen=True)
class Act:
    """One kind of maintenance."""

    name: str
    """Name of the playbook."""
    does: str
    """For people: 'moves containerd to another version'."""
    steps: tuple[Step, ...] = _ALL
    package: str = ""
    """Debian package that it moves to one version; empty where there is none."""
    version: Callable[[model.Site], str] | None = None
    """Where the spec says that version."""
    upgrades: bool = False
    """It installs all newer packages that the site's repository has."""
    restart: Restart = Restart.NOTHING
    service: str = ""
    """Unit that `restart` means."""
    seconds: int = 0
    """What act and restart take, as measured in the lab; the plan adds the other steps."""

    @property
    def breaks_connections(self) -> bool:
        """Say whether connections through the node end."""
        return self.restart is Restart.MACHINE


RUNTIME_UPGRADE = Act(
    "runtime_upgrade",
    "moves containerd to another version",
    package="containerd.io",
    version=lambda site: site.versions.containerd + node_variables.PACKAGE_REVISION,
    restart=Restart.SERVICE,
    service="containerd.service",
    seconds=20,
)
OS_PATCH = Act("os_patch", "installs newer packages", upgrades=True, restart=Restart.MACHINE, seconds=60)
REBOOT = Act("reboot", "starts the machine again", restart=Restart.MACHINE, seconds=40)
DRAIN = Act("drain", "takes the node out of service and leaves it so", steps=(Step.CORDON, Step.DRAIN))
UNCORDON = Act(
    "uncordon", "takes the node back into service", steps=(Step.VERIFY, Step.UNCORDON, Step.SPREAD), seconds=0
)

ACTS = {act.name: act for act in (RUNTIME_UPGRADE, OS_PATCH, REBOOT, DRAIN, UNCORDON)}


def find(name: str) -> Act:
    """Return an act by its name. Raise NotFoundError with the names that there are."""
    if name in ACTS:
        return ACTS[name]
    raise errors.NotFoundError(
        f"there is no maintenance '{name}'", where="ops/nodes/acts.py", mend=f"one of: {', '.join(ACTS)}"
    )
