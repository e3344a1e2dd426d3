"""A node of the site, brought into its wanted state by Ansible."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pulumi

from ops.resources.machine import Machine


@dataclasses.dataclass(frozen=True)
class NodeArgs:
    """What one node's roles are given. Nothing here depends on the node's peers."""

    site: str
    """Path of the spec, relative to the checkout or absolute."""
    node: str
    stage: str
    """Which of the node's playbooks runs, by its name. Each stage is a resource of its own."""
    variables: Mapping[str, object]
    """Variables of the node's roles, each visible in previews."""
    roles: str
    """Digest of the code of those roles."""
    release: Mapping[str, str]
    """Role, or `drill_host` -> digest of what the operator's machine hands to it: packages, images, manifests, code."""
    control_plane: bool
    """Control planes never change two at a time."""
    follows_boot: bool
    """Whether a machine that was started again is looked at; what runs on top is started by systemd."""
    machine: Machine | None = None
    """In a lab: the node's machine. One that was started again is looked at, one that was made again is a new node."""


class Node(pulumi.CustomResource):
    """A stage of one node.

    The playbook runs on it when it is new, or when its variables, its roles' code or its boot have changed.
    """

    revision: pulumi.Output[str]
    """Names the state that the node is in; changes whenever the node was looked at again."""

    def __init__(self, name: str, args: NodeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties: dict[str, object] = {
            "site": args.site,
            "node": args.node,
            "stage": args.stage,
            "variables": dict(args.variables),
            "roles": args.roles,
            "release": dict(args.release),
            "control_plane": args.control_plane,
            "revision": None,
        }
        if args.machine is not None:
            properties["serial"] = args.machine.serial
            if args.follows_boot:
                properties["boot"] = args.machine.boot
        super().__init__("sitewright:site:Node", name, properties, opts)
