"""After a node came back: replicas that share a node although another has none move there, one at a time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence

from ops import errors
from ops.adapters.kubernetes_cluster import Cluster, Node, Pod
from ops.nodes import budget
from ops.nodes.drain import Pause, Say
from ops.spec import model

_PAUSE_SECONDS = 0.5
_ROUNDS = 3
"""Moves tried for a service: the scheduler may put a pod back where it was."""


def mover(pods: Sequence[Pod], nodes: Sequence[Node]) -> Pod | None:
    """Given the pods of one service, return the one to evict so that they are spread; None when they are.

    They are spread when no two share a node while a node that takes pods has none.
    """
    free = {node.name for node in nodes if node.ready and node.schedulable and not node.tainted}
    count = Counter(pod.node for pod in pods if not pod.leaving)
    if not count or not any(count[name] == 0 for name in free):
        return None
    fullest, number = count.most_common(1)[0]
    if number < 2:  # noqa: PLR2004 - two are what it takes to share
        return None
    return min((pod for pod in pods if pod.node == fullest and not pod.leaving), key=lambda pod: pod.name)


def spread(cluster: Cluster, site: model.Site, patience: float, say: Say, pause: Pause) -> None:
    """Wait until all replicas of each service are ready, and move those that share a node.

    Raise TimeoutExpiredError when a replica does not become ready within `patience` seconds.
    """
    for service in budget.services(site):
        for _ in range(_ROUNDS):
            pods = _whole(cluster, service, patience, pause)
            pod = mover(pods, cluster.nodes())
            if pod is None:
                break
            if cluster.evict(pod):
                say(f"{service.shown}: evicted {pod.key} from {pod.node}, where another replica runs")


def _whole(cluster: Cluster, service: budget.Service, patience: float, pause: Pause) -> list[Pod]:
    """Return the pods of a service once as many as the spec wants are ready and none is leaving."""
    deadline = time.monotonic() + patience
    while True:
        pods = [pod for pod in cluster.pods() if budget.belongs(pod, service) and not pod.finished]
        ready = [pod for pod in pods if budget.serves(pod)]
        if len(ready) >= service.replicas and len(ready) == len(pods):
            return pods
        if time.monotonic() > deadline:
            raise errors.TimeoutExpiredError(
                f"{len(ready)} of {service.replicas} replicas of {service.shown} are ready",
                where=service.name,
                mend=f"look at: kubectl describe deployment --namespace models {service.name}; then run again",
            )
        pause(_PAUSE_SECONDS)
