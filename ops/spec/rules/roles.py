"""Rules about which roles a site needs and who may carry them."""

from __future__ import annotations

from collections.abc import Iterator

from ops.spec.model import Role, Site
from ops.spec.rules.fault import Fault


def duplicate_role(site: Site) -> Iterator[Fault]:
    """A role written twice on one node is a slip of the pen for another role."""
    for index, node in enumerate(site.nodes):
        for position, role in enumerate(node.roles):
            if role in node.roles[:position]:
                yield Fault(
                    ("nodes", index, "roles", position),
                    f"{role.value} a second time",
                    "each role once",
                    "remove it, or write the role that you mean",
                )


def no_infra(site: Site) -> Iterator[Fault]:
    """Nodes install from the bundle server and reach the API through the load balancer: an infra node runs both."""
    if not site.nodes_with(Role.INFRA):
        yield _no_node_with(Role.INFRA, "1 or more")


def no_control_plane(site: Site) -> Iterator[Fault]:
    """A cluster needs a control plane."""
    if not site.nodes_with(Role.CONTROL_PLANE):
        yield _no_node_with(Role.CONTROL_PLANE, "1, 3, 5 or 7")


def even_control_planes(site: Site) -> Iterator[Fault]:
    """The etcd members vote: an even number outlives no more failures than one member less.

    Source: https://etcd.io/docs/v3.6/faq/ (why an odd number of cluster members), which also names 7 as the most.
    """
    count = len(site.nodes_with(Role.CONTROL_PLANE))
    if count and (count % 2 == 0 or count > 7):  # noqa: PLR2004 - etcd's own limit, given in the docstring
        yield Fault(
            ("nodes",),
            f"{count} nodes with the role control_plane",
            "1, 3, 5 or 7",
            "take the role from one node, or give it to one more",
        )


def no_worker(site: Site) -> Iterator[Fault]:
    """Models and gateway run on workers."""
    if not site.nodes_with(Role.WORKER):
        yield _no_node_with(Role.WORKER, "1 or more")


def ingress_outside_cluster(site: Site) -> Iterator[Fault]:
    """The load balancer sends gateway traffic to a port that Kubernetes opens: only cluster nodes have it."""
    for index, node in enumerate(site.nodes):
        if Role.INGRESS in node.roles and not {Role.CONTROL_PLANE, Role.WORKER} & set(node.roles):
            yield Fault(
                ("nodes", index, "roles"),
                "ingress on a node outside the cluster",
                "ingress together with control_plane or worker",
                "take ingress from this node, or add control_plane or worker",
            )


def _no_node_with(role: Role, allowed: str) -> Fault:
    return Fault(("nodes",), f"no node with the role {role.value}", allowed, f"add {role.value} to the roles of a node")
