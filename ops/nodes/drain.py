"""Empty a node so that nothing that it served is missing elsewhere: whom to evict next is pure, the loop is not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from ops import errors
from ops.adapters.kubernetes_cluster import Cluster, Pod

Say = Callable[[str], None]
Pause = Callable[[float], None]
"""Waits so many seconds; raises when the run is to end."""

_PAUSE_SECONDS = 0.5
PATIENCE_SECONDS = 120.0
"""Seconds that the replacement of an evicted pod gets to become ready, beside what running requests may take."""


def leaving(pods: Sequence[Pod], node: str) -> tuple[Pod, ...]:
    """Return the pods that a drain of a node has to wait for."""
    return tuple(pod for pod in pods if pod.node == node and not pod.stays)


def next_evictions(pods: Sequence[Pod], node: str) -> tuple[Pod, ...]:
    """Return the pods of a node that may be evicted now.

    Of a controller that wants several pods only one, and only while another of them is ready and stays so: whether a
    disruption budget says that or not. A lone pod goes at once.
    """
    chosen: dict[str, Pod] = {}
    for pod in leaving(pods, node):
        fellows = [other for other in pods if other.owner == pod.owner and other.key != pod.key]
        if pod.leaving or pod.owner in chosen:
            continue
        if any(other.leaving and other.node == node for other in fellows):
            continue
        safe = pod.desired <= 1 or not pod.ready or any(other.ready and not other.leaving for other in fellows)
        if safe:
            chosen[pod.owner] = pod
    return tuple(chosen.values())


def drain(cluster: Cluster, node: str, patience: float, say: Say, pause: Pause) -> tuple[str, ...]:
    """Evict what does not belong to a node itself and return when it is gone; return the evicted pods' names.

    `patience` is in seconds and starts again with each pod that leaves. Raise TimeoutExpiredError when it is over.
    """
    evicted: list[str] = []
    deadline = time.monotonic() + patience
    before = -1
    while True:
        pods = cluster.pods()
        waiting = leaving(pods, node)
        if not waiting:
            return tuple(evicted)
        if len(waiting) != before:
            before, deadline = len(waiting), time.monotonic() + patience
        for pod in next_evictions(pods, node):
            if cluster.evict(pod):
                say(f"evicted {pod.key}")
                evicted.append(pod.key)
        if time.monotonic() > deadline:
            raise _stuck(node, waiting)
        pause(_PAUSE_SECONDS)


def _stuck(node: str, waiting: Sequence[Pod]) -> errors.TimeoutExpiredError:
    keys = ", ".join(pod.key for pod in waiting)
    return errors.TimeoutExpiredError(
        f"{node} is not empty: {keys}",
        where=node,
        mend=f"see what keeps it (kubectl describe pod --namespace {waiting[0].key.replace('/', ' ')}), then run again",
    )
