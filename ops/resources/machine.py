"""A machine of a lab, made on this host."""

from __future__ import annotations

import dataclasses

import pulumi


@dataclasses.dataclass(frozen=True)
class MachineArgs:
    """What makes one lab machine differ from another."""

    site: str
    """Path of the spec, relative to the checkout or absolute."""
    lab: str
    node: str
    debian: str
    """Codename of the operating system's release."""
    address: str


class Machine(pulumi.CustomResource):
    """One lab machine: made, started, and started again when it is found stopped."""

    serial: pulumi.Output[int]
    """How often it was made from nothing."""
    boot: pulumi.Output[int]
    """How often Pulumi has started it."""

    def __init__(self, name: str, args: MachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(
            "sitewright:lab:Machine", name, {**dataclasses.asdict(args), "serial": None, "boot": None}, opts
        )
