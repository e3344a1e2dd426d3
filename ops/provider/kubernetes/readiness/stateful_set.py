"""A StatefulSet is ready when every replica runs its newest revision."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import pods, verdict
from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, cluster: Cluster) -> Verdict:
    """Return how a rollout stands; with strategy OnDelete only the controller must have seen the change."""
    status = found.get("status", {})
    wanted = found["spec"].get("replicas", 1)
    ready = status.get("readyReplicas", 0)
    if not verdict.is_observed(found):
        return Verdict(ready=False, message="waiting for the controller to see the stateful set")
    strategy = found["spec"].get("updateStrategy", {})
    if strategy.get("type") == "OnDelete":
        return Verdict(ready=True, message="pods take the change when they are deleted")
    first = (strategy.get("rollingUpdate") or {}).get("partition", 0)
    updated = status.get("updatedReplicas", wanted if status.get("currentRevision") else 0)
    complete = updated >= wanted - first
    if complete and ready == wanted and (first or status.get("currentRevision") == status.get("updateRevision")):
        return Verdict(ready=True, message=f"{ready} of {wanted} replicas ready")
    why = pods.reasons(verdict.pods_of(found, cluster))
    return Verdict(ready=False, message=f"{ready} of {wanted} replicas ready, {updated} of the newest revision{why}")
