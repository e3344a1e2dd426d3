"""Rules about backups and drills."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Role, Site
from ops.spec.rules.fault import Fault


def unknown_drill_host(site: Site) -> Iterator[Fault]:
    """Backups lie on a node of the site, and the node must be there."""
    name = site.recovery.drill_host
    if name is not None and name not in {node.name for node in site.nodes}:
        yield Fault(
            ("recovery", "drill_host"),
            f"{name}, which is no node of the site",
            "the name of a node",
            "write one of " + ", ".join(node.name for node in site.nodes),
        )


def backup_beside_control_plane(site: Site) -> Iterator[Fault]:
    """A backup of the control plane that lies on a control plane is lost with it."""
    planes = {node.name for node in site.nodes_with(Role.CONTROL_PLANE)}
    others = [node.name for node in site.nodes if node.name not in planes]
    if site.recovery.drill_host in planes and others:
        yield Fault(
            ("recovery", "drill_host"),
            f"{site.recovery.drill_host}, a control plane",
            "a node that is no control plane, where there is one",
            "write one of " + ", ".join(others),
        )


def keep_below_rpo(site: Site) -> Iterator[Fault]:
    """Recovery points that go before the objective is over leave nothing that meets it."""
    recovery = site.recovery
    if recovery.keep < recovery.rpo:
        yield Fault(
            ("recovery", "keep"),
            f"{recovery.keep} seconds, less than recovery.rpo ({recovery.rpo})",
            "at least recovery.rpo",
            "raise recovery.keep, or lower recovery.rpo",
        )
