"""Rules about the site's address ranges and its domain."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterator

from ops.spec.model import Role, Site
from ops.spec.rules.fault import Fault

_SPECIAL = (
    (ipaddress.IPv4Network("0.0.0.0/8"), "this network (RFC 1122)"),
    (ipaddress.IPv4Network("127.0.0.0/8"), "loopback (RFC 1122)"),
    (ipaddress.IPv4Network("169.254.0.0/16"), "link-local (RFC 3927)"),
    (ipaddress.IPv4Network("224.0.0.0/4"), "multicast (RFC 5771)"),
    (ipaddress.IPv4Network("240.0.0.0/4"), "reserved (RFC 1112)"),
)

_NODE_PREFIX = 24
"""kube-controller-manager's default --node-cidr-mask-size: each node gets a /24 of the pods' range."""

_LARGEST_PODS_PREFIX = 8
"""Kubernetes refuses a pods' range more than 16 bits larger than a node's share of it."""

_SERVICES_PREFIXES = range(12, 28)
"""kube-apiserver takes at most 20 bits for services; kubeadm gives the cluster's DNS the range's tenth address."""

_RESERVED_DOMAINS = {
    "cluster.local": "Kubernetes keeps the names inside the cluster under it",
    "localhost": "it always means the machine itself (RFC 6761)",
    "invalid": "it never resolves (RFC 6761)",
}


def _ranges(site: Site) -> dict[str, ipaddress.IPv4Network]:
    """Return the site's ranges by their keys in `network`."""
    ranges = {"pods": site.network.pods, "services": site.network.services}
    return ranges if site.network.subnet is None else {"subnet": site.network.subnet} | ranges


def unusable_range(site: Site) -> Iterator[Fault]:
    """Some ranges have a meaning of their own and reach no machine."""
    for key, value in _ranges(site).items():
        for special, use in _SPECIAL:
            if value.overlaps(special):
                yield Fault(
                    ("network", key), f"{value}, part of {special}: {use}", "a range for hosts", "take a private range"
                )


def overlapping_ranges(site: Site) -> Iterator[Fault]:
    """A packet to an address in two ranges goes to the wrong one."""
    for (first, one), (second, other) in itertools.combinations(_ranges(site).items(), 2):
        if one.overlaps(other):
            yield Fault(
                ("network", second),
                f"{other}, which overlaps network.{first} ({one})",
                "ranges apart from each other",
                f"change network.{second} or network.{first}",
            )


def pods_range_size(site: Site) -> Iterator[Fault]:
    """Each node of the cluster gets a /24 of the pods' range; a node without one runs no pod."""
    pods = site.network.pods
    count = sum(bool({Role.CONTROL_PLANE, Role.WORKER} & set(node.roles)) for node in site.nodes)
    if pods.prefixlen < _LARGEST_PODS_PREFIX:
        yield Fault(("network", "pods"), str(pods), "a range from /8 to /24", "take a smaller range")
    elif pods.prefixlen > _NODE_PREFIX or count > 2 ** (_NODE_PREFIX - pods.prefixlen):
        yield Fault(
            ("network", "pods"),
            f"{pods} for {count} nodes of the cluster",
            "a /24 for each node",
            "take a larger range, such as 10.244.0.0/16 for 256 nodes",
        )


def services_range_size(site: Site) -> Iterator[Fault]:
    """Kubernetes takes a services' range of at most 20 bits, and the cluster's DNS needs its tenth address."""
    services = site.network.services
    if services.prefixlen not in _SERVICES_PREFIXES:
        yield Fault(("network", "services"), str(services), "a range from /12 to /27", "take a /16")


def dns_inside_cluster(site: Site) -> Iterator[Fault]:
    """A name server among pods and services is the cluster's own DNS, which would ask itself for ever."""
    for index, address in enumerate(site.network.dns):
        if address in site.network.pods or address in site.network.services:
            yield Fault(
                ("network", "dns", index), str(address), "a name server outside the cluster", "remove or replace it"
            )


def reserved_domain(site: Site) -> Iterator[Fault]:
    """Some domains already mean something: names of the site would be mistaken for others."""
    domain = site.network.domain
    for reserved, use in _RESERVED_DOMAINS.items():
        if domain == reserved or domain.endswith(f".{reserved}"):
            yield Fault(("network", "domain"), f"{domain}: {use}", f"a domain outside {reserved}", "take site.internal")
