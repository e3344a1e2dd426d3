"""Switch one machine of a lab on or off, or list the labs of this host."""

from __future__ import annotations

from ops import errors, spec
from ops.actions import sites
from ops.lab import lab, machine
from ops.spec import locate, model


def names() -> tuple[str, ...]:
    """Return the names of the labs of which anything is on this host."""
    return lab.list_labs()


def start(argument: str, node: str) -> bool:
    """Switch a machine on; return False where it ran already."""
    return machine.start(_lab(argument, node).name, node)


def stop(argument: str, node: str) -> bool:
    """Shut a machine down cleanly; return False where it did not run."""
    return machine.stop(_lab(argument, node).name, node)


def power_cut(argument: str, node: str) -> bool:
    """End a machine as a power cut does; return False where it did not run."""
    return machine.power_cut(_lab(argument, node).name, node)


def _lab(argument: str, node: str) -> model.Site:
    """Return the lab. Raise NotFoundError when it has no such node, PrerequisiteError for a real site."""
    path = locate.resolve(argument)
    site = spec.load(path)
    if site.lab is None:
        raise errors.PrerequisiteError(f"{site.name} is no lab", where=str(path), mend="name a lab site")
    sites.node(site, node)
    return site
