"""Fill in what depends on other values: a lab's addresses, and the nodes that take in gateway traffic."""

from __future__ import annotations

import hashlib
import ipaddress

from ops.spec.findings import Place
from ops.spec.model import Node, Role, Site

LAB_RANGE = ipaddress.IPv4Network("198.18.0.0/15")
"""Labs take their addresses from here: the range for benchmarks (RFC 2544), which no network routes."""

_FIRST_LAB_NODE = 11
"""A lab's first node has address .11; .1 is this host's leg and what lies between is free for virtual addresses."""


def lab_subnet(name: str) -> ipaddress.IPv4Network:
    """Given the name of a lab, return its /24 out of the 512 of the labs' range."""
    digest = hashlib.sha256(name.encode()).digest()
    index = int.from_bytes(digest[:8], "big") % (LAB_RANGE.num_addresses // 256)
    return ipaddress.IPv4Network((int(LAB_RANGE.network_address) + index * 256, 24))


def complete(site: Site) -> tuple[Site, dict[Place, str]]:
    """Given a site as written, return the effective one, and for each value filled in here where it comes from."""
    origins: dict[Place, str] = {}
    network = site.network
    if site.lab and network.subnet is None:
        network = network.model_copy(update={"subnet": lab_subnet(site.name)})
        origins["network", "subnet"] = f"derived from the lab's name '{site.name}'"
    ingress = () if site.nodes_with(Role.INGRESS) else _default_ingress(site)
    nodes = []
    for index, node in enumerate(site.nodes):
        update: dict[str, object] = {}
        if site.lab and node.address is None and network.subnet is not None:
            update["address"] = _lab_address(network.subnet, index)
            origins["nodes", index, "address"] = "derived from the lab's subnet and the node's place in the list"
        if node.name in ingress:
            update["roles"] = (*node.roles, Role.INGRESS)
            origins["nodes", index, "roles", len(node.roles)] = "default: no node carries the role ingress"
        nodes.append(node.model_copy(update=update))
    recovery = site.recovery
    if recovery.drill_host is None:
        recovery = recovery.model_copy(update={"drill_host": _default_drill_host(site)})
        origins["recovery", "drill_host"] = "default: the last infra node that is no control plane"
    return site.model_copy(update={"network": network, "nodes": tuple(nodes), "recovery": recovery}), origins


def _lab_address(subnet: ipaddress.IPv4Network, index: int) -> ipaddress.IPv4Address:
    """Return the address of a lab's node; one outside a subnet that is too small is left to the rules."""
    number = int(subnet.network_address) + _FIRST_LAB_NODE + index
    return ipaddress.IPv4Address(min(number, 2**ipaddress.IPV4LENGTH - 1))


def _default_ingress(site: Site) -> frozenset[str]:
    """Return the names of all control planes and of the first worker."""
    nodes: tuple[Node, ...] = site.nodes_with(Role.CONTROL_PLANE) + site.nodes_with(Role.WORKER)[:1]
    return frozenset(node.name for node in nodes)


def _default_drill_host(site: Site) -> str:
    """Return the last infra node that is no control plane, else the last node that is none, else the last node."""
    others = [node for node in site.nodes if Role.CONTROL_PLANE not in node.roles]
    infra = [node for node in others if Role.INFRA in node.roles]
    return (infra or others or site.nodes)[-1].name
