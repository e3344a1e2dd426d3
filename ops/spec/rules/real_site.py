"""Rules for real sites, where nothing is made up: addresses and host keys are facts about machines that exist."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from ops.spec.defaults import LAB_RANGE
from ops.spec.model import Site
from ops.spec.rules.fault import Fault


def missing_subnet(site: Site) -> Iterator[Fault]:
    """Firewall rules name the nodes' subnet; only a lab can make one up."""
    if site.lab is None and site.network.subnet is None:
        yield Fault(
            ("network", "subnet"),
            "nothing",
            "the range of the nodes' addresses",
            "add network.subnet (or 'lab: {}' if this is a lab)",
        )


def missing_address(site: Site) -> Iterator[Fault]:
    """The operator logs in by address; only a lab can make one up."""
    for index, node in enumerate(site.nodes):
        if site.lab is None and node.address is None:
            yield Fault(
                ("nodes", index, "address"), "nothing", "the address of the machine", f"add the address of {node.name}"
            )


def missing_host_key(site: Site) -> Iterator[Fault]:
    """A host proves who it is by its key; a key accepted on first sight proves nothing."""
    for index, node in enumerate(site.nodes):
        if site.lab is None and node.host_key is None:
            yield Fault(
                ("nodes", index, "host_key"),
                "nothing",
                "the machine's public ssh host key",
                f"read /etc/ssh/ssh_host_ed25519_key.pub on the console of {node.name}",
            )


def malformed_host_key(site: Site) -> Iterator[Fault]:
    """A key cut short by copying would refuse the right host: its type is written a second time inside it."""
    for index, node in enumerate(site.nodes):
        if node.host_key is not None and not _is_whole(node.host_key):
            yield Fault(
                ("nodes", index, "host_key"),
                "a key that is cut short or damaged",
                "type and key exactly as in /etc/ssh/ssh_host_*_key.pub",
                f"copy the key of {node.name} again",
            )


def shared_host_key(site: Site) -> Iterator[Fault]:
    """Machines cloned with their host keys can pretend to be each other."""
    first: dict[str, str] = {}
    for index, node in enumerate(site.nodes):
        if node.host_key is None:
            continue
        if node.host_key in first:
            yield Fault(
                ("nodes", index, "host_key"),
                f"the key of {first[node.host_key]}",
                "a key of its own",
                f"make new host keys on {node.name}: rm /etc/ssh/ssh_host_*, then dpkg-reconfigure openssh-server",
            )
        first.setdefault(node.host_key, node.name)


def range_of_labs(site: Site) -> Iterator[Fault]:
    """Labs on the operator's machine use 198.18.0.0/15: a real network there would vanish behind them."""
    ranges = {"subnet": site.network.subnet, "pods": site.network.pods, "services": site.network.services}
    for key, value in ranges.items():
        if site.lab is None and value is not None and value.overlaps(LAB_RANGE):
            yield Fault(("network", key), str(value), f"a range outside {LAB_RANGE}", "take another private range")


def _is_whole(host_key: str) -> bool:
    """Tell whether a public key is complete: length-prefixed fields that end where the data ends (RFC 4253, 6.6)."""
    kind, _, encoded = host_key.partition(" ")
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    fields = []
    while data:
        length = int.from_bytes(data[:4], "big")
        field, data = data[4 : 4 + length], data[4 + length :]
        if len(field) != length or not length:
            return False
        fields.append(field)
    return len(fields) > 1 and fields[0] == kind.encode()
