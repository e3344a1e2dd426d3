"""A Deployment is ready when its newest replica set is fully out and nothing of an older one is left."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import pods, verdict
from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, cluster: Cluster) -> Verdict:
    """Return how a rollout stands; one that passed its progress deadline has failed."""
    status = found.get("status", {})
    wanted = found["spec"].get("replicas", 1)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if not verdict.is_observed(found):
        return Verdict(ready=False, message="waiting for the controller to see the deployment")
    if updated == wanted and available == wanted and status.get("replicas", 0) == wanted:
        return Verdict(ready=True, message=f"{available} of {wanted} replicas available")
    why = pods.reasons(verdict.pods_of(found, cluster))
    message = f"{available} of {wanted} replicas available, {updated} of the newest version{why}"
    progress = verdict.condition(found, "Progressing")
    # The reason's name is Kubernetes' own (k8s.io/kubernetes pkg/controller/deployment/util, TimedOutReason).
    if progress.get("reason") == "ProgressDeadlineExceeded":
        return Verdict(ready=False, message=f"the rollout passed its progress deadline: {message}", failed=True)
    return Verdict(ready=False, message=message)
