"""Rules about the address where clients and nodes find the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Role, Site
from ops.spec.rules.fault import Fault

_PLACE = ("network", "virtual_address")


def missing_virtual_address(site: Site) -> Iterator[Fault]:
    """Two load balancers take over from each other by a virtual address; without one the second is never asked."""
    infra = site.nodes_with(Role.INFRA)
    if len(infra) > 1 and site.network.virtual_address is None:
        yield Fault(
            _PLACE,
            f"nothing, with {len(infra)} infra nodes",
            "a free address of the subnet",
            "add network.virtual_address, or keep one infra node",
        )


def taken_virtual_address(site: Site) -> Iterator[Fault]:
    """The virtual address moves between load balancers: it belongs to no machine."""
    for node in site.nodes:
        if node.address is not None and node.address == site.network.virtual_address:
            yield Fault(
                _PLACE,
                f"{node.address}, the address of {node.name}",
                "an address that no node has",
                "take a free address of the subnet",
            )


def virtual_address_outside_subnet(site: Site) -> Iterator[Fault]:
    """The load balancers claim the virtual address by ARP, which does not leave their subnet."""
    subnet, virtual = site.network.subnet, site.network.virtual_address
    if subnet is not None and virtual is not None and virtual not in subnet:
        yield Fault(
            _PLACE, str(virtual), f"an address in network.subnet, {subnet}", "take a free address of the subnet"
        )
