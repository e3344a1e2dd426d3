"""Rules for labs, whose machines are containers on this host."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.defaults import LAB_RANGE
from ops.spec.model import Site
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


def lab_outside_its_range(site: Site) -> Iterator[Fault]:
    """A lab's addresses appear on this host: in the range for benchmarks (RFC 2544) they can hide no real network."""
    subnet = site.network.subnet
    if site.lab is not None and subnet is not None and not subnet.subnet_of(LAB_RANGE):
        yield Fault(("network", "subnet"), str(subnet), f"a range inside {LAB_RANGE}", "remove it: a lab picks its own")
