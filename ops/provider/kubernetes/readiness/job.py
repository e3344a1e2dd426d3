"""A Job is ready when it is complete."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import pods, verdict
from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, cluster: Cluster) -> Verdict:
    """Return whether a job is complete, failed, or still at work; a suspended job is left alone."""
    if found["spec"].get("suspend"):
        return Verdict(ready=True, message="the job is suspended")
    if verdict.condition(found, "Complete").get("status") == "True":
        return Verdict(ready=True, message="the job is complete")
    why = pods.reasons(verdict.pods_of(found, cluster))
    failed = verdict.condition(found, "Failed")
    if failed.get("status") == "True":
        return Verdict(ready=False, message=f"{failed.get('reason')}: {failed.get('message')}{why}", failed=True)
    status = found.get("status", {})
    return Verdict(
        ready=False,
        message=f"{status.get('succeeded', 0)} pods succeeded, {status.get('active', 0)} active, "
        f"{status.get('failed', 0)} failed{why}",
    )
