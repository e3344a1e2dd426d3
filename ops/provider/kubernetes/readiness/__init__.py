"""When an object counts as ready, kind by kind, as in the official plugin (its docs: "Await logic")."""

from __future__ import annotations

from ops.provider.kubernetes.readiness import (
    claim,
    daemon_set,
    definition,
    deployment,
    job,
    pod,
    service,
    stateful_set,
)
from ops.provider.kubernetes.readiness.verdict import Rule

RULES: dict[tuple[str, str], Rule] = {
    ("", "PersistentVolumeClaim"): claim.judge,
    ("", "Pod"): pod.judge,
    ("", "Service"): service.judge,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): definition.judge,
    ("apps", "DaemonSet"): daemon_set.judge,
    ("apps", "Deployment"): deployment.judge,
    ("apps", "StatefulSet"): stateful_set.judge,
    ("batch", "Job"): job.judge,
}
"""API group and kind -> rule; an object of any other kind is ready once the server took it."""
