"""Take a worker out of the cluster for good: what it served moves first, then the cluster forgets it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ops import errors
from ops.adapters.kubernetes_cluster import Cluster, Pod
from ops.nodes import budget, drain
from ops.nodes.drain import Pause, Say
from ops.plan.serving import shared
from ops.spec import model

OWNER = "removal"
_PAUSE_SECONDS = 1.0
_START_SECONDS = 600.0
"""Seconds that pods get to serve again elsewhere: as long as a Deployment says."""


def leave(cluster: Cluster, site: model.Site, name: str, say: Say, pause: Pause) -> None:
    """Given a node that the spec no longer names, return when the cluster knows it no more and all replicas serve.

    A node that does not answer is forgotten at once, and its pods are made again elsewhere. One that the cluster does
    not know is left alone. Raise TimeoutExpiredError when pods do not leave, or do not come back elsewhere: then the
    node stays, cordoned.
    """
    found = [node for node in cluster.nodes() if node.name == name]
    if not found:
        return
    cluster.cordon(name, OWNER)
    if found[0].ready:
        patience = site.gateway.request_timeout_seconds + shared.PRE_STOP_SECONDS + drain.PATIENCE_SECONDS
        drain.drain(cluster, name, patience, say, pause)
    else:
        say(f"{name} does not answer: its pods are made again elsewhere")
        cluster.forget(name)
    _wait_until_served(cluster, site, name, say, pause)
    cluster.forget(name)


def missing(site: model.Site, pods: Sequence[Pod], name: str) -> tuple[str, ...]:
    """Return what has fewer replicas that serve outside a node than the spec wants, for people."""
    lacking = []
    for service in budget.services(site):
        mine = [pod for pod in pods if budget.belongs(pod, service) and pod.node != name]
        serving = sum(budget.serves(pod) for pod in mine)
        if serving < service.replicas:
            lacking.append(f"{service.shown}: {serving} of {service.replicas} replicas serve")
    return tuple(lacking)


def _wait_until_served(cluster: Cluster, site: model.Site, name: str, say: Say, pause: Pause) -> None:
    deadline = time.monotonic() + _START_SECONDS
    told: tuple[str, ...] = ()
    while lacking := missing(site, cluster.pods(), name):
        if lacking != told:
            say("; ".join(lacking))
            told = lacking
        if time.monotonic() > deadline:
            raise errors.TimeoutExpiredError(
                f"without {name} the other nodes do not carry the site: {'; '.join(lacking)}",
                where=name,
                mend="put the node back into the spec, or lower `replicas` there; then run the same command again",
            )
        pause(_PAUSE_SECONDS)
