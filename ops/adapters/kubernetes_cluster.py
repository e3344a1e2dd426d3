"""The Kubernetes API as maintenance uses it: nodes, pods, cordon, eviction, one pod of our own."""

from __future__ import annotations

import dataclasses
import http
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import kubernetes
import urllib3
import yaml

from ops import errors
from ops.adapters import kubernetes_nodes

OWNER = "sitewright/cordoned-by"
"""Annotation of a node that maintenance has cordoned; one request sets it and the cordon."""
MIRROR = "kubernetes.io/config.mirror"
"""Annotation of the API's picture of a static pod."""
GPU = "nvidia.com/gpu"
_CONTROL_PLANE = "node-role.kubernetes.io/control-plane"
_SECONDS = 20.0
_CONFLICT = frozenset({http.HTTPStatus.CONFLICT})
_FINISHED = frozenset({"Succeeded", "Failed"})
_Result = TypeVar("_Result")


@dataclasses.dataclass(frozen=True)
class Node:
    """One node of the cluster."""

    name: str
    ready: bool
    schedulable: bool
    owner: str
    """Who of ours cordoned it; empty: nobody, or a person."""
    control_plane: bool
    runtime: str
    """Version of the container runtime as the kubelet sees it: '2.2.0'."""
    memory: int
    """Bytes that pods may request."""
    gpus: int
    boot: str = ""
    """Which boot of the machine the kubelet spoke from last."""
    tainted: bool = False
    """Only pods that tolerate it run here, as on a control plane that is no worker."""


@dataclasses.dataclass(frozen=True)
class Pod:
    """One pod."""

    namespace: str
    name: str
    node: str
    owner: str
    """Kind and uid of its controller; empty: nobody makes it again."""
    desired: int
    """Pods that its controller wants; 0 where that is no number of pods."""
    labels: Mapping[str, str]
    ready: bool
    leaving: bool
    finished: bool
    static: bool
    memory: int
    """Bytes that it requests."""
    gpus: int

    @property
    def stays(self) -> bool:
        """Say whether a drain leaves it: its node's own (DaemonSet, static), or ended by itself."""
        return self.static or self.finished or self.owner.startswith("DaemonSet/")

    @property
    def key(self) -> str:
        """Return namespace and name."""
        return f"{self.namespace}/{self.name}"


class Cluster:
    """One cluster. Every method raises UnreachableError when the API does not answer as it should."""

    def __init__(self, kubeconfig: Path) -> None:
        """Raise CredentialError when the kubeconfig is of no use."""
        self._client = kubernetes_nodes.connect(kubeconfig)
        self._client.configuration.retries = False
        self._server = str(self._client.configuration.host)
        self._core = kubernetes.client.CoreV1Api(self._client)
        self._apps = kubernetes.client.AppsV1Api(self._client)

    def nodes(self) -> tuple[Node, ...]:
        """Return the nodes of the cluster."""
        found = self._ask(lambda: self._core.list_node(_request_timeout=_SECONDS)).items
        return tuple(_node(item) for item in found)

    def node(self, name: str) -> Node:
        """Return one node. Raise NotFoundError when the cluster has none of that name."""
        for node in self.nodes():
            if node.name == name:
                return node
        raise errors.NotFoundError(
            f"the cluster has no node {name}", where=self._server, mend="run the site up: it joins its nodes"
        )

    def pods(self) -> tuple[Pod, ...]:
        """Return the pods of the cluster."""
        found = self._ask(lambda: self._core.list_pod_for_all_namespaces(_request_timeout=_SECONDS)).items
        sets = self._ask(lambda: self._apps.list_replica_set_for_all_namespaces(_request_timeout=_SECONDS)).items
        desired = {str(item.metadata.uid): int(item.spec.replicas or 0) for item in sets}
        return tuple(_pod(item, desired) for item in found)

    def cordon(self, name: str, owner: str) -> bool:
        """Cordon a node in our name unless it is cordoned; return whether the cordon is ours.

        Cordon and name are set in one request, and only if nobody changed the node since it was read.
        """
        return self._change(name, lambda node: (not node.spec.unschedulable, True, owner), owner)

    def uncordon(self, name: str, owner: str) -> bool:
        """Take our own cordon off a node; return False when it has none of ours: a person's stays."""
        self._change(name, lambda node: (_owner(node) == owner, None, None), owner)
        return not self._ask(lambda: self._core.read_node(name, _request_timeout=_SECONDS)).spec.unschedulable

    def forget(self, name: str) -> None:
        """Delete a node from the cluster; one that is gone is no error."""
        tolerate = frozenset({http.HTTPStatus.NOT_FOUND})
        self._ask(lambda: self._core.delete_node(name, _request_timeout=_SECONDS), tolerate=tolerate)

    def _change(self, name: str, decide: Callable[[Any], tuple[bool, bool | None, str | None]], owner: str) -> bool:
        """Read a node, decide, and patch it on the version that was read; return whether `owner` holds it then."""
        while True:
            node = self._ask(lambda: self._core.read_node(name, _request_timeout=_SECONDS))
            wanted, unschedulable, annotation = decide(node)
            if not wanted:
                return _owner(node) == owner
            version = node.metadata.resource_version
            body = {
                "metadata": {"resourceVersion": version, "annotations": {OWNER: annotation}},
                "spec": {"unschedulable": unschedulable},
            }
            changed = self._ask(lambda body=body: self._core.patch_node(name, body), tolerate=_CONFLICT)  # type: ignore[misc] # mypy cannot infer a lambda with a default
            if changed is not None:
                return _owner(changed) == owner

    def evict(self, pod: Pod) -> bool:
        """Ask for a pod's eviction; return False when its disruption budget does not allow that now."""
        body = kubernetes.client.V1Eviction(
            metadata=kubernetes.client.V1ObjectMeta(name=pod.name, namespace=pod.namespace)
        )
        tolerate = frozenset({http.HTTPStatus.TOO_MANY_REQUESTS, http.HTTPStatus.NOT_FOUND})
        answer = self._ask(
            lambda: self._core.create_namespaced_pod_eviction(pod.name, pod.namespace, body), tolerate=tolerate
        )
        return answer is not None

    def template(self, namespace: str, deployment: str) -> dict[str, Any]:
        """Return the pod template of a Deployment as the API gives it."""
        response = self._ask(
            lambda: self._apps.read_namespaced_deployment(
                deployment, namespace, _preload_content=False, _request_timeout=_SECONDS
            )
        )
        template: dict[str, Any] = json.loads(response.data)["spec"]["template"]
        return template

    def create_pod(self, body: Any) -> None:
        """Make a pod; one of that name that is there already is left as it is."""
        namespace = body["metadata"]["namespace"]
        self._ask(lambda: self._core.create_namespaced_pod(namespace, body), tolerate=_CONFLICT)

    def delete_pod(self, namespace: str, name: str, *, forget: bool = False) -> None:
        """Delete a pod; one that is gone is no error. To `forget` it is not to wait for a node that does not answer."""
        tolerate = frozenset({http.HTTPStatus.NOT_FOUND})
        seconds = 0 if forget else None
        self._ask(
            lambda: self._core.delete_namespaced_pod(name, namespace, grace_period_seconds=seconds), tolerate=tolerate
        )

    def execute(self, namespace: str, name: str, container: str, argv: Sequence[str]) -> tuple[int, str]:
        """Run a program in a container; return its exit code and its output. Raise UnreachableError when it cannot."""
        try:
            stream = kubernetes.stream.stream(
                self._core.connect_get_namespaced_pod_exec,
                name,
                namespace,
                container=container,
                command=list(argv),
                stdout=True,
                stderr=True,
                stdin=False,
                _preload_content=False,
                _request_timeout=_SECONDS,
            )
            stream.run_forever(timeout=_SECONDS * 3)
            # the status first: reading the output empties the channel that it came on (kubernetes 37.0, ws_client)
            code = stream.returncode
            output = str(stream.read_all())
            stream.close()
        except (kubernetes.client.ApiException, OSError, yaml.YAMLError, TypeError) as error:
            # TypeError: the connection ended without the program's status (kubernetes.stream.ws_client).
            raise self._unreachable(f"no program can be run in {namespace}/{name}: {error}") from error
        if code is None:
            raise self._unreachable(f"the program in {namespace}/{name} does not end")
        return int(code), output

    def ready_on(self, node: str) -> bool:
        """Say whether the API server of one control plane is ready: its static pod is."""
        return any(
            pod.ready for pod in self.pods() if pod.node == node and pod.static and pod.name == f"kube-apiserver-{node}"
        )

    def _ask(self, call: Callable[[], _Result], tolerate: frozenset[int] = frozenset()) -> Any:
        """Return what a call answers, None for a status in `tolerate`. Raise UnreachableError otherwise."""
        try:
            return call()
        except kubernetes.client.ApiException as error:
            if error.status in tolerate:
                return None
            raise self._unreachable(f"{error.status} {error.reason}: {_message(error.body)}") from error
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(str(error)) from error

    def _unreachable(self, reason: str) -> errors.UnreachableError:
        return errors.UnreachableError(
            f"the Kubernetes API does not answer as it should: {reason}",
            where=self._server,
            mend="check that the load balancer and a control plane run, then run the same command again",
        )


def _message(body: object) -> str:
    """Return the API's own words about a refusal."""
    try:
        return str(json.loads(str(body)).get("message", ""))
    except (ValueError, AttributeError):
        return ""


def _owner(node: Any) -> str:
    return str((node.metadata.annotations or {}).get(OWNER, ""))


def _node(item: Any) -> Node:
    ready = any(condition.type == "Ready" and condition.status == "True" for condition in item.status.conditions or [])
    allocatable = item.status.allocatable or {}
    taints = {taint.key for taint in item.spec.taints or [] if taint.effect in {"NoSchedule", "NoExecute"}}
    return Node(
        name=item.metadata.name,
        ready=ready,
        schedulable=not item.spec.unschedulable,
        owner=_owner(item),
        control_plane=_CONTROL_PLANE in (item.metadata.labels or {}),
        runtime=str(item.status.node_info.container_runtime_version).rpartition("://")[2],
        memory=_quantity(allocatable.get("memory")),
        gpus=_quantity(allocatable.get(GPU)),
        boot=str(item.status.node_info.boot_id),
        tainted=_CONTROL_PLANE in taints,
    )


def _pod(item: Any, desired: Mapping[str, int]) -> Pod:
    controllers = [owner for owner in item.metadata.owner_references or [] if owner.controller]
    conditions = item.status.conditions or []
    requests = [(container.resources.requests or {}) for container in item.spec.containers if container.resources]
    return Pod(
        namespace=item.metadata.namespace,
        name=item.metadata.name,
        node=item.spec.node_name or "",
        owner=f"{controllers[0].kind}/{controllers[0].uid}" if controllers else "",
        desired=desired.get(str(controllers[0].uid), 0) if controllers else 0,
        labels=dict(item.metadata.labels or {}),
        ready=any(condition.type == "Ready" and condition.status == "True" for condition in conditions),
        leaving=item.metadata.deletion_timestamp is not None,
        finished=item.status.phase in _FINISHED,
        static=MIRROR in (item.metadata.annotations or {}),
        memory=sum(_quantity(request.get("memory")) for request in requests),
        gpus=sum(_quantity(request.get(GPU)) for request in requests),
    )


def _quantity(text: object) -> int:
    """Given a quantity of the API ('1Gi'), return the number; 0 for none."""
    return int(kubernetes.utils.parse_quantity(text or "0"))  # type: ignore[no-untyped-call] # no types
