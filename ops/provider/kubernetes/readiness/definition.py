"""A CustomResourceDefinition is ready when objects of its kind can be made."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import verdict
from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, _cluster: Cluster) -> Verdict:
    """Return whether the API server serves the kind."""
    if verdict.condition(found, "Established").get("status") == "True":
        return Verdict(ready=True, message="the kind is served")
    names = verdict.condition(found, "NamesAccepted")
    refused = names.get("status") == "False"
    message = str(names.get("message")) if refused else "waiting for the API server to serve the kind"
    return Verdict(ready=False, message=message, failed=refused)
