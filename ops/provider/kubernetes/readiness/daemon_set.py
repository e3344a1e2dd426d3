"""A DaemonSet is ready when every node that it wants runs its newest pod."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import pods, verdict
from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, cluster: Cluster) -> Verdict:
    """Return how a rollout stands; with strategy OnDelete only the controller must have seen the change."""
    status = found.get("status", {})
    if not verdict.is_observed(found):
        return Verdict(ready=False, message="waiting for the controller to see the daemon set")
    if found["spec"].get("updateStrategy", {}).get("type") == "OnDelete":
        return Verdict(ready=True, message="pods take the change when they are deleted")
    wanted = status.get("desiredNumberScheduled", 0)
    updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
    if updated == wanted and available == wanted:
        return Verdict(ready=True, message=f"{available} of {wanted} nodes available")
    why = pods.reasons(verdict.pods_of(found, cluster))
    return Verdict(ready=False, message=f"{available} of {wanted} nodes available, {updated} updated{why}")
