"""A Pod is ready when its readiness says so, or when it has done its work."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import pods, verdict
from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, _cluster: Cluster) -> Verdict:
    """Return how a pod stands."""
    phase = found.get("status", {}).get("phase", "Pending")
    if phase == "Succeeded" or verdict.condition(found, "Ready").get("status") == "True":
        return Verdict(ready=True, message=f"the pod is {'done' if phase == 'Succeeded' else 'ready'}")
    why = pods.reasons([found])
    return Verdict(ready=False, message=f"the pod is {phase.lower()}{why}", failed=phase == "Failed")
