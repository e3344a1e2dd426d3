"""What the objects of the service have in common: namespace, labels, hardening."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

KubernetesObject = dict[str, object]

NAMESPACE = "models"
USER = 1000
"""Numeric user of all service containers; the vendor's `triton-server` user has the same number."""
PRE_STOP_SECONDS = 5
"""Pause before SIGTERM, in which load balancer and kube-proxy stop sending new requests."""
TMP = "/tmp"  # noqa: S108 - a volume of the pod's own
TMP_MOUNT: KubernetesObject = {"name": "tmp", "mountPath": TMP}


def metadata(name: str, labels: Mapping[str, str]) -> KubernetesObject:
    """Return the metadata of an object of the service."""
    return {"name": name, "namespace": NAMESPACE, "labels": dict(labels)}


def labels(name: str, instance: str) -> dict[str, str]:
    """Return the recommended labels (Kubernetes documentation, "Recommended Labels")."""
    return {
        "app.kubernetes.io/name": name,
        "app.kubernetes.io/instance": instance,
        "app.kubernetes.io/part-of": "sitewright",
        "app.kubernetes.io/managed-by": "pulumi",
    }


def selector(name: str, instance: str) -> dict[str, str]:
    """Return the labels that select the pods of one instance; they never change."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": instance}


def pod_security() -> KubernetesObject:
    """Return the pod's security context at the `restricted` level (Pod Security Standards v1.36)."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "runAsGroup": USER,
        "fsGroup": USER,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> KubernetesObject:
    """Return the container's security context at the `restricted` level, with a read-only root."""
    return {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def disruption_budget(name: str, instance: str) -> KubernetesObject:
    """Return a budget that lets one pod of an instance be evicted at a time."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(instance, labels(name, instance)),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": selector(name, instance)}},
    }


def spread(name: str, instance: str) -> list[KubernetesObject]:
    """Return constraints that put the pods of an instance on different nodes where there are enough."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": selector(name, instance)},
        }
    ]


def digest(content: Mapping[str, str]) -> str:
    """Return a short digest of configuration, so that pods are replaced when it changes."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
