"""Rules for labs, whose machines are containers on this host."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.defaults import LAB_RANGE
from ops.spec.model import Access, Site
from ops.spec.rules.fault import Fault

_LONGEST_NAME = 12
"""Linux names a link with at most 15 characters (IFNAMSIZ), and the lab's link is 'sw-' and its name."""


def long_lab_name(site: Site) -> Iterator[Fault]:
    """A lab's link on this host is named after the lab, and link names are short."""
    if site.lab is not None and len(site.name) > _LONGEST_NAME:
        yield Fault(
            ("name",),
            f"'{site.name}', {len(site.name)} characters",
            f"at most {_LONGEST_NAME} characters in a lab",
            "shorten it",
        )


def access_in_lab(site: Site) -> Iterator[Fault]:
    """A lab's machines are made with one user and one key of the lab's own."""
    if site.lab is None:
        return
    if site.access.user != Access().user:
        yield Fault(
            ("access", "user"), f"'{site.access.user}' in a lab", f"'{Access().user}' in a lab", "remove access.user"
        )
    if site.access.private_key is not None:
        yield Fault(
            ("access", "private_key"), "a key in a lab", "none in a lab: it makes its own", "remove access.private_key"
        )


def host_key_in_lab(site: Site) -> Iterator[Fault]:
    """A lab's machines make their own host keys when they are made."""
    for index, node in enumerate(site.nodes):
        if site.lab is not None and node.host_key is not None:
            yield Fault(
                ("nodes", index, "host_key"),
                "a host key in a lab",
                "none in a lab: a machine makes its own",
                "remove it",
            )


def lab_outside_its_range(site: Site) -> Iterator[Fault]:
    """A lab's addresses appear on this host: in the range for benchmarks (RFC 2544) they can hide no real network."""
    subnet = site.network.subnet
    if site.lab is not None and subnet is not None and not subnet.subnet_of(LAB_RANGE):
        yield Fault(("network", "subnet"), str(subnet), f"a range inside {LAB_RANGE}", "remove it: a lab picks its own")
