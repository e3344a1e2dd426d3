"""Ask the Kubernetes API which nodes are ready."""

from __future__ import annotations

from pathlib import Path

import kubernetes
import urllib3
import yaml

from ops import errors


def readiness(kubeconfig: Path, *, timeout: float) -> dict[str, bool]:
    """Given a kubeconfig, return for each node of the cluster whether it is ready; `timeout` is in seconds.

    Raise UnreachableError when the API does not answer, CredentialError when the kubeconfig is of no use.
    """
    client = connect(kubeconfig)
    client.configuration.retries = False
    server = str(client.configuration.host)
    try:
        with client:
            nodes = kubernetes.client.CoreV1Api(client).list_node(_request_timeout=timeout).items
    except kubernetes.client.ApiException as error:
        raise _unreachable(server, f"{error.status} {error.reason}") from error
    except urllib3.exceptions.HTTPError as error:
        raise _unreachable(server, str(error)) from error
    return {str(node.metadata.name): _is_ready(node) for node in nodes if node.metadata is not None}


def connect(kubeconfig: Path) -> kubernetes.client.ApiClient:
    """Return a client; the library answers a broken file with whatever its code runs into."""
    try:
        return kubernetes.config.new_client_from_config(str(kubeconfig))  # type: ignore[no-any-return, no-untyped-call]
    except (
        kubernetes.config.ConfigException,
        yaml.YAMLError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        raise errors.CredentialError(
            f"the kubeconfig is of no use: {error}", where=str(kubeconfig), mend="run the site up again: it fetches it"
        ) from error


def _is_ready(node: kubernetes.client.V1Node) -> bool:
    conditions = [] if node.status is None else node.status.conditions or []
    return any(condition.type == "Ready" and condition.status == "True" for condition in conditions)


def _unreachable(server: str, reason: str) -> errors.UnreachableError:
    return errors.UnreachableError(
        f"the Kubernetes API does not answer: {reason}",
        where=server,
        mend="check that the load balancer and a control plane run",
    )
