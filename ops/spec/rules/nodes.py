"""Rules about the names of nodes."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Role, Site
from ops.spec.rules.fault import Fault

_RESERVED = {
    "localhost": "every machine calls itself that",
    "bundle": "the bundle server answers to that name",
    "api": "the load balanced Kubernetes API answers to that name",
    "gateway": "the gateway answers to that name",
    "kubernetes": "the Kubernetes API answers to that name inside the cluster",
    "all": "Ansible calls all hosts that",
    "ungrouped": "Ansible calls hosts without a group that",
    "lab": "the inventory has a group of that name",
} | {role.value: "the inventory has a group of that name" for role in Role}


def duplicate_node_name(site: Site) -> Iterator[Fault]:
    """A node's name is its host name, its name in Kubernetes and in Ansible: two nodes cannot share one."""
    first: dict[str, int] = {}
    for index, node in enumerate(site.nodes):
        if node.name in first:
            yield Fault(
                ("nodes", index, "name"),
                f"'{node.name}', which nodes[{first[node.name]}] has too",
                "each name once",
                "give one of the two another name",
            )
        first.setdefault(node.name, index)


def reserved_node_name(site: Site) -> Iterator[Fault]:
    """Some names already mean something on a site: a host of that name would be mistaken for it."""
    for index, node in enumerate(site.nodes):
        if node.name in _RESERVED:
            yield Fault(
                ("nodes", index, "name"),
                f"'{node.name}': {_RESERVED[node.name]}",
                f"any name but {', '.join(sorted(_RESERVED))}",
                f"call the node {node.name}1, for example",
            )


def old_debian_on_server(site: Site) -> Iterator[Fault]:
    """Load balancer, monitoring and backups need Debian 13: Debian 12 has no restic 0.18 and no rest-server at all."""
    for index, node in enumerate(site.nodes):
        serves = Role.INFRA in node.roles or node.name == site.recovery.drill_host
        if serves and node.debian != "trixie":
            yield Fault(
                ("nodes", index, "debian"),
                f"{node.debian} on a node that is " + ("infra" if Role.INFRA in node.roles else "the drill host"),
                "trixie there; bookworm on other control planes and workers",
                "install Debian 13 on this machine, or give that work to another node",
            )
