"""Does a node work again? Ready, its own pods ready, and one real answer from a pod on it, before it takes any work."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ops import errors
from ops.adapters.kubernetes_cluster import Cluster, Node, Pod
from ops.nodes.drain import Pause, Say
from ops.plan.serving import shared
from ops.plan.serving.isolation import TRITON_HTTP

CANARY = "sitewright-canary"
"""Value of the label `name` of the pods that only prove that a node serves; no Service selects it."""
QUESTION = "What is the capital of France? Answer in one sentence."
_NAME = "app.kubernetes.io/name"
_UNSCHEDULABLE = "node.kubernetes.io/unschedulable"
_PAUSE_SECONDS = 0.5
_ANSWER_SECONDS = 180.0
"""Seconds in which a pod that is ready must answer."""
_REMOVE_SECONDS = 60.0
"""Seconds in which a node that lives ends a pod: its grace is 5 s."""
_ASK = """
import json, sys, urllib.request
body = json.dumps({"request": sys.argv[2]}).encode()
with urllib.request.urlopen(sys.argv[1], body, 50) as response:
    sys.stdout.write(response.read().decode())
"""
"""Program that asks the Triton beside it; the image has Python and no curl."""


def reasons(node: Node, pods: Sequence[Pod], runtime: str, boot: str = "") -> list[str]:
    """Return what a node lacks; an empty list means that it can take pods.

    `runtime` is the version that it must have, `boot` the one that must be over: until the kubelet has spoken from the
    next one, Kubernetes shows the node as it was before.
    """
    found = [] if node.ready else ["Kubernetes says that it is not ready"]
    if boot and node.boot == boot:
        found.append("its kubelet has not spoken since the machine was started again")
    if runtime and node.runtime != runtime:
        found.append(f"its runtime is containerd {node.runtime}, not {runtime}")
    own = [pod for pod in pods if pod.node == node.name and pod.stays and not pod.finished]
    found += [f"pod {pod.key} is not ready" for pod in own if not pod.ready]
    return found


def wait_until_whole(
    cluster: Cluster, name: str, patience: float, pause: Pause, *, runtime: str = "", boot: str = ""
) -> None:
    """Return when a node has been whole twice in a row. Raise TimeoutExpiredError with what it lacks.

    An API that does not answer is waited for: the node may be the one that carries it.
    """
    deadline = time.monotonic() + patience
    whole = 0
    while whole < 2:  # noqa: PLR2004 - the first look may be at what was before
        try:
            found = reasons(cluster.node(name), cluster.pods(), runtime, boot)
        except errors.UnreachableError as error:
            found = [error.what]
        whole = 0 if found else whole + 1
        if time.monotonic() > deadline:
            raise errors.TimeoutExpiredError(
                f"{name} is not well: {'; '.join(found)}",
                where=name,
                mend="look at it with sitewright ssh (journalctl -u kubelet -u containerd), then run again",
            )
        pause(_PAUSE_SECONDS)


def canary(template: Mapping[str, Any], model: str, node: str) -> dict[str, Any]:
    """Given a model's pod template, return a pod like its replicas on one node, cordoned or not, without clients."""
    spec = {key: value for key, value in template["spec"].items() if key not in {"topologySpreadConstraints"}}
    containers = [
        {key: value for key, value in container.items() if key != "lifecycle"} for container in spec["containers"]
    ]
    toleration = {"key": _UNSCHEDULABLE, "operator": "Exists", "effect": "NoSchedule"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"canary-{model}-{node}",
            "namespace": shared.NAMESPACE,
            "labels": {_NAME: CANARY, "app.kubernetes.io/managed-by": "sitewright"},
        },
        "spec": {
            **spec,
            "nodeName": node,
            "containers": containers,
            "tolerations": [*spec.get("tolerations", []), toleration],
            "terminationGracePeriodSeconds": 5,
        },
    }


def is_canary(pod: Pod) -> bool:
    """Say whether a pod is one of ours that only proves something."""
    return pod.namespace == shared.NAMESPACE and pod.labels.get(_NAME) == CANARY


def answer(cluster: Cluster, deployment: str, model: str, node: str, patience: float, say: Say, pause: Pause) -> str:
    """Return what a pod of a model on a node answers; the pod is made for that and deleted.

    Raise TimeoutExpiredError when it does not become ready in `patience` seconds, DeployError for a wrong answer.
    """
    body = canary(cluster.template(shared.NAMESPACE, deployment), model, node)
    name = body["metadata"]["name"]
    remove(cluster, node, pause)
    say(f"asking a pod of {model} on {node}")
    cluster.create_pod(body)
    try:
        _wait_until_ready(cluster, name, node, patience, pause)
        return _ask_until(cluster, name, model, time.monotonic() + _ANSWER_SECONDS, pause)
    finally:
        remove(cluster, node, pause)


def remove(cluster: Cluster, node: str, pause: Pause) -> None:
    """Delete the canaries of a node and return when they are gone.

    A node that is dead never says that they are: after a while they are forgotten.
    """
    deadline = time.monotonic() + _REMOVE_SECONDS
    while True:
        left = [pod for pod in cluster.pods() if is_canary(pod) and pod.node == node]
        if not left:
            return
        late = time.monotonic() > deadline
        for pod in left:
            if late or not pod.leaving:
                cluster.delete_pod(pod.namespace, pod.name, forget=late)
        pause(_PAUSE_SECONDS)


def _wait_until_ready(cluster: Cluster, name: str, node: str, patience: float, pause: Pause) -> None:
    deadline = time.monotonic() + patience
    while not any(pod.name == name and pod.ready for pod in cluster.pods() if is_canary(pod)):
        if time.monotonic() > deadline:
            raise errors.TimeoutExpiredError(
                f"a pod of the model does not become ready on {node}",
                where=f"{shared.NAMESPACE}/{name}",
                mend=f"look at the node: kubectl get events --namespace {shared.NAMESPACE}; then run again",
            )
        pause(_PAUSE_SECONDS)


def _ask_until(cluster: Cluster, pod: str, model: str, deadline: float, pause: Pause) -> str:
    """Return the answer; a connection that breaks says nothing about the node, and the question is put again."""
    while True:
        try:
            return _ask(cluster, pod, model)
        except errors.UnreachableError:
            if time.monotonic() > deadline:
                raise
            pause(_PAUSE_SECONDS)


def _ask(cluster: Cluster, pod: str, model: str) -> str:
    request = json.dumps({"messages": [{"role": "user", "content": QUESTION}], "max_tokens": 24, "temperature": 0})
    url = f"http://127.0.0.1:{TRITON_HTTP}/v2/models/{model}/generate"
    code, text = cluster.execute(shared.NAMESPACE, pod, "triton", ["python3", "-c", _ASK, url, request])
    return read_answer(code, text, f"{shared.NAMESPACE}/{pod}")


def read_answer(code: int, text: str, where: str) -> str:
    """Given exit code and output of the program that asked, return the answer's text. Raise DeployError for none."""
    try:
        found = json.loads(text)
        words, tokens = str(found["text_output"]).strip(), int(found["num_output_tokens"])
    except (ValueError, KeyError, TypeError):
        words, tokens = "", 0
    if code != 0 or not words or tokens < 1:
        raise errors.DeployError(
            f"the model gave no answer there: {text.strip()[-300:] or 'nothing'}",
            where=where,
            mend="look at the node's own logs (journalctl -u containerd -u kubelet), then run the same command again",
        )
    return words
