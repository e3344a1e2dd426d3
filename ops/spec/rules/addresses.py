"""Rules about the nodes' addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from ops.spec.model import Site
from ops.spec.rules.fault import Fault


def duplicate_address(site: Site) -> Iterator[Fault]:
    """Two machines with one address answer in turns."""
    first: dict[ipaddress.IPv4Address, str] = {}
    for index, node in enumerate(site.nodes):
        if node.address is None:
            continue
        if node.address in first:
            yield Fault(
                ("nodes", index, "address"),
                f"{node.address}, which {first[node.address]} has too",
                "each address once",
                "give one of the two another address",
            )
        first.setdefault(node.address, node.name)


def address_outside_subnet(site: Site) -> Iterator[Fault]:
    """Firewall rules and bundle access name the subnet: a node outside it is locked out."""
    subnet = site.network.subnet
    for index, node in enumerate(site.nodes):
        if subnet is not None and node.address is not None and node.address not in subnet:
            yield Fault(
                ("nodes", index, "address"),
                str(node.address),
                f"an address in network.subnet, {subnet}",
                "change the address, or widen network.subnet",
            )


def reserved_address(site: Site) -> Iterator[Fault]:
    """A subnet's first and last address name the subnet and all of it; in a lab .1 is this host's own leg."""
    subnet = site.network.subnet
    if subnet is None or subnet.prefixlen > 30:  # noqa: PLR2004 - /31 and /32 have no such addresses (RFC 3021)
        return
    reserved = {subnet.network_address: "the subnet's own", subnet.broadcast_address: "the broadcast address"}
    if site.lab is not None:
        reserved[subnet.network_address + 1] = "this host's leg in the lab"
    for index, node in enumerate(site.nodes):
        if node.address in reserved:
            yield _reserved(("nodes", index, "address"), node.address, reserved[node.address])
    virtual = site.network.virtual_address
    if virtual in reserved:
        yield _reserved(("network", "virtual_address"), virtual, reserved[virtual])


def _reserved(place: tuple[str | int, ...], address: ipaddress.IPv4Address, use: str) -> Fault:
    return Fault(place, f"{address}, {use}", "a free address of the subnet", "take another address")
