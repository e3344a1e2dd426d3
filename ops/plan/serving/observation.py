"""What Prometheus may do in the namespace: find the pods, and read pages of theirs through the API server."""

from __future__ import annotations

from ops.plan.serving import shared

USER = "sitewright:monitoring"
"""Name by which Prometheus is known to the Kubernetes API: the common name of its client certificate."""
_NAME = "monitoring"
_GROUP = "rbac.authorization.k8s.io"
_LABELS = {"app.kubernetes.io/managed-by": "pulumi"}


def objects() -> list[shared.KubernetesObject]:
    """Return the role and its binding.

    `get` of `pods/proxy` opens all ports of the namespace's pods to GET. The network policies still hold: they leave
    Triton's metrics, and the gateway's metrics, health and API; the API asks for a key.
    """
    return [_role(), _binding()]


def _role() -> shared.KubernetesObject:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "Role",
        "metadata": shared.metadata(_NAME, _LABELS),
        "rules": [
            {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": [""], "resources": ["pods/proxy"], "verbs": ["get"]},
        ],
    }


def _binding() -> shared.KubernetesObject:
    return {
        "apiVersion": f"{_GROUP}/v1",
        "kind": "RoleBinding",
        "metadata": shared.metadata(_NAME, _LABELS),
        "roleRef": {"apiGroup": _GROUP, "kind": "Role", "name": _NAME},
        "subjects": [{"apiGroup": _GROUP, "kind": "User", "name": USER}],
    }
