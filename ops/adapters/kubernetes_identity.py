"""What of a cluster must be the same after a restore, and whether its nodes have been heard of since."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Iterator
from pathlib import Path

import kubernetes
import urllib3

from ops import errors
from ops.adapters import kubernetes_nodes

_LEASES = "kube-node-lease"
"""Namespace in which every kubelet renews its lease (Kubernetes documentation, "Leases")."""


def heartbeats(kubeconfig: Path, *, timeout: float) -> dict[str, datetime.datetime]:
    """Return when each node's kubelet last said that it lives.

    Raise UnreachableError when the API does not answer, CredentialError when the kubeconfig is of no use.
    """
    with _connected(kubeconfig) as client:
        leases = kubernetes.client.CoordinationV1Api(client)
        found = leases.list_namespaced_lease(_LEASES, _request_timeout=timeout).items
    return {
        str(item.metadata.name): item.spec.renew_time
        for item in found
        if item.metadata is not None and item.spec is not None and item.spec.renew_time is not None
    }


def nodes(kubeconfig: Path, *, timeout: float) -> dict[str, str]:
    """Return the unique id of each node. Raise as `heartbeats`."""
    with _connected(kubeconfig) as client:
        found = kubernetes.client.CoreV1Api(client).list_node(_request_timeout=timeout).items
    return {str(node.metadata.name): str(node.metadata.uid) for node in found if node.metadata is not None}


def pods(kubeconfig: Path, namespace: str, *, timeout: float) -> dict[str, str]:
    """Return for each pod of a namespace its unique id and how often it was started again. Raise as `heartbeats`."""
    with _connected(kubeconfig) as client:
        found = kubernetes.client.CoreV1Api(client).list_namespaced_pod(namespace, _request_timeout=timeout).items
    return {str(pod.metadata.name): f"{pod.metadata.uid} {_restarts(pod)}" for pod in found if pod.metadata is not None}


@contextlib.contextmanager
def _connected(kubeconfig: Path) -> Iterator[kubernetes.client.ApiClient]:
    """Give a client that asks once; what it meets becomes our errors."""
    client = kubernetes_nodes.connect(kubeconfig)
    client.configuration.retries = False
    try:
        with client:
            yield client
    except (kubernetes.client.ApiException, urllib3.exceptions.HTTPError) as error:
        raise errors.UnreachableError(
            f"the Kubernetes API does not answer: {str(error).partition(chr(10))[0]}",
            where=str(client.configuration.host),
            mend="check that the load balancer and a control plane run",
        ) from error


def _restarts(pod: kubernetes.client.V1Pod) -> int:
    statuses = [] if pod.status is None else pod.status.container_statuses or []
    return sum(status.restart_count for status in statuses)
