"""Fill in what depends on other values: a lab's addresses, and the nodes that take in gateway traffic."""

from __future__ import annotations

import hashlib
import ipaddress
import itertools
from collections.abc import Mapping, Sequence

from ops.spec.findings import Place
from ops.spec.model import Network, Node, Role, Site

LAB_RANGE = ipaddress.IPv4Network("198.18.0.0/15")
"""Labs take their addresses from here: the range for benchmarks (RFC 2544), which no network routes."""

_FIRST_LAB_NODE = 11
"""Nodes of a lab have addresses from .11; .1 is this host's leg and what lies between is free for virtual addresses."""

_LAB_VIRTUAL = 2
"""The virtual address that a lab has where its spec names none: .2."""


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
    virtual = _lab_virtual_address(network, site.nodes) if site.lab else None
    if virtual is not None:
        network = network.model_copy(update={"virtual_address": virtual})
        origins["network", "virtual_address"] = "default: there is more than one infra node"
    addresses = _lab_addresses(network, site.nodes) if site.lab else {}
    ingress = () if site.nodes_with(Role.INGRESS) else _default_ingress(site)
    nodes = []
    for index, node in enumerate(site.nodes):
        update: dict[str, object] = {}
        if index in addresses:
            update["address"] = addresses[index]
            origins["nodes", index, "address"] = f"derived from the lab's subnet and the node's name '{node.name}'"
        if node.name in ingress:
            update["roles"] = (*node.roles, Role.INGRESS)
            origins["nodes", index, "roles", len(node.roles)] = "default: no node carries the role ingress"
        nodes.append(node.model_copy(update=update))
    recovery = site.recovery
    if recovery.drill_host is None:
        recovery = recovery.model_copy(update={"drill_host": _default_drill_host(site)})
        origins["recovery", "drill_host"] = "default: the last infra node that is no control plane"
    return site.model_copy(update={"network": network, "nodes": tuple(nodes), "recovery": recovery}), origins


def _lab_virtual_address(network: Network, nodes: Sequence[Node]) -> ipaddress.IPv4Address | None:
    """Return an address for the load balancers of a lab that has several and no address for them yet."""
    several = sum(Role.INFRA in node.roles for node in nodes) > 1
    if not several or network.virtual_address is not None or network.subnet is None:
        return None
    address = network.subnet.network_address + _LAB_VIRTUAL
    return address if address in network.subnet else None


def _lab_addresses(network: Network, nodes: Sequence[Node]) -> Mapping[int, ipaddress.IPv4Address]:
    """Return an address for each node without one, by its index.

    It comes from the name: a node keeps its address when others come and go. Two names seldom want the same one; then
    the later in the list takes the next that is free, so that one that is appended moves nobody. What does not fit
    into a subnet that is too small comes after its end, and is left to the rules.
    """
    subnet = network.subnet
    if subnet is None:
        return {}
    taken = {int(address) for address in (network.virtual_address, *(node.address for node in nodes)) if address}
    room = max(subnet.num_addresses - _FIRST_LAB_NODE - 1, 1)
    first = int(subnet.network_address) + _FIRST_LAB_NODE
    found = {}
    for index, node in enumerate(nodes):
        if node.address is not None:
            continue
        wanted = int.from_bytes(hashlib.sha256(node.name.encode()).digest()[:8], "big") % room
        order = itertools.chain(
            (first + (wanted + step) % room for step in range(room)), itertools.count(first + room + 1)
        )
        number = next(number for number in order if number not in taken)
        taken.add(number)
        found[index] = ipaddress.IPv4Address(min(number, 2**ipaddress.IPV4LENGTH - 1))
    return found


def _default_ingress(site: Site) -> frozenset[str]:
    """Return the names of all control planes and of the first worker."""
    nodes: tuple[Node, ...] = site.nodes_with(Role.CONTROL_PLANE) + site.nodes_with(Role.WORKER)[:1]
    return frozenset(node.name for node in nodes)


def _default_drill_host(site: Site) -> str:
    """Return the last infra node that is no control plane, else the last node that is none, else the last node."""
    others = [node for node in site.nodes if Role.CONTROL_PLANE not in node.roles]
    infra = [node for node in others if Role.INFRA in node.roles]
    return (infra or others or site.nodes)[-1].name
