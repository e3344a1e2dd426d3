"""One model served by Triton: model repository, Deployment, Service, disruption budget.

On GPUs Triton comes in the vendor's image, which has vLLM; our backend and its probes are copied in from our own image.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.plan import endpoints
from ops.plan.serving import model_repository, shared
from ops.plan.serving.isolation import TRITON_HTTP, TRITON_METRICS
from ops.spec import model

EXIT_MARGIN_SECONDS = 10
"""Seconds for unloading the model after the last answer (measured: 7 s for a request of 3.5 s)."""
SERVER = "/opt/tritonserver/bin/tritonserver"
STALL_SECONDS = 120
"""Liveness fails when work is queued and no token came for this long."""
BACKEND = "/opt/sitewright"
"""Where the backend lies in our image, and is mounted in the vendor's."""
LOAD_BYTES_PER_SECOND = 200_000_000
"""How fast weights are read at least: a disk of a SATA SSD's half speed. A start that takes longer is ended."""
START_SECONDS = {model.Engine.LLAMA: 90, model.Engine.VLLM: 300}
"""What a start may take besides reading weights.

llama.cpp needs 2 s on an idle machine; Triton 2.51 hangs now and then while it loads, and only this limit ends that.
vLLM compiles and captures graphs: 35 to 101 s were seen.
"""
DEAD_SECONDS = 5
"""What a container gets to end whose engine is dead: it finishes no answer, however long those in work would take."""


ENGINE_SETTINGS = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_WORKER_MULTIPROC_METHOD": "spawn",
}
"""For vLLM: nothing is asked of the internet, and its processes start without the threads of Triton's."""
ENVIRONMENT = {**ENGINE_SETTINGS, "PYTHONPATH": BACKEND, "HOME": shared.TMP}
"""Caches of compiled kernels go to the pod's own volume."""


def service_name(card: model.Model) -> str:
    """Return the name of the Service and the Deployment of a model."""
    return f"triton-{card.name}"


def objects(site: model.Site, card: model.Model, images: Mapping[str, str]) -> list[shared.KubernetesObject]:
    """Given a site and a model card, return the objects that serve it."""
    repository = model_repository.files(card)
    name = service_name(card)
    labels = shared.labels("triton", name)
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": shared.metadata(f"{name}-repository", labels),
            "data": repository,
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": shared.metadata(name, labels),
            "spec": {
                "selector": shared.selector("triton", name),
                "ports": [
                    {"name": "http", "port": TRITON_HTTP, "targetPort": TRITON_HTTP},
                    {"name": "metrics", "port": TRITON_METRICS, "targetPort": TRITON_METRICS},
                ],
            },
        },
        shared.disruption_budget("triton", name),
        _deployment(site, card, images, repository),
    ]


def _deployment(
    site: model.Site, card: model.Model, images: Mapping[str, str], repository: Mapping[str, str]
) -> shared.KubernetesObject:
    name = service_name(card)
    labels = shared.labels("triton", name)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": shared.metadata(name, labels),
        "spec": {
            "replicas": card.replicas,
            "progressDeadlineSeconds": 300 + 3 * start_seconds(card),
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "selector": {"matchLabels": shared.selector("triton", name)},
            "template": {
                "metadata": {
                    "labels": labels,
                    "annotations": {"sitewright/configuration": shared.digest(repository)},
                },
                "spec": pod(site, card, images),
            },
        },
    }


def pod(site: model.Site, card: model.Model, images: Mapping[str, str]) -> shared.KubernetesObject:
    """Return the pod that serves a model: weights verified first, then Triton."""
    grace = shared.PRE_STOP_SECONDS + site.gateway.request_timeout_seconds + EXIT_MARGIN_SECONDS
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": grace,
        "securityContext": shared.pod_security(),
        "topologySpreadConstraints": shared.spread("triton", service_name(card)),
        "initContainers": [_verify(card, images), *([_backend(images)] if _on_gpus(card) else [])],
        "containers": [_triton(site, card, images)],
        "volumes": [
            {"name": "weights", "image": {"reference": images[f"models/{card.name}"], "pullPolicy": "IfNotPresent"}},
            {"name": "repository", "configMap": _repository_items(card)},
            *_scratch_volumes(card),
        ],
    }


def _on_gpus(card: model.Model) -> bool:
    return card.engine is model.Engine.VLLM


def start_seconds(card: model.Model) -> int:
    """Return how long a pod may take from its start to its first token."""
    return START_SECONDS[card.engine] + card.size // LOAD_BYTES_PER_SECOND


def _scratch_volumes(card: model.Model) -> list[shared.KubernetesObject]:
    """Return the volumes that a pod writes: shared memory (NCCL's too, on GPUs), caches of compiled kernels."""
    if not _on_gpus(card):
        return [
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ]
    return [
        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "4Gi"}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "16Gi"}},
        {"name": "backend", "emptyDir": {"sizeLimit": "16Mi"}},
    ]


def _backend(images: Mapping[str, str]) -> shared.KubernetesObject:
    """Return the container that copies our backend to where the vendor's image will see it."""
    mount: shared.KubernetesObject = {"name": "backend", "mountPath": "/backend"}
    return _before("backend", images, ["cp", "--recursive", f"{BACKEND}/.", "/backend"], mount)


def _repository_items(card: model.Model) -> shared.KubernetesObject:
    paths = model_repository.paths(card)
    return {
        "name": f"{service_name(card)}-repository",
        "items": [{"key": key, "path": path} for key, path in paths.items()],
    }


def _verify(card: model.Model, images: Mapping[str, str]) -> shared.KubernetesObject:
    command = ["python3", "-m", "llm_backend.verify", "/weights", str(card.digest)]
    return _before("verify", images, command, _weights_mount())


def _before(
    name: str, images: Mapping[str, str], command: list[str], mount: shared.KubernetesObject
) -> shared.KubernetesObject:
    """Return a container of our own image that does one thing before Triton starts."""
    return {
        "name": name,
        "image": images["triton"],
        "command": command,
        "securityContext": shared.container_security(),
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "volumeMounts": [mount],
    }


def _weights_mount() -> shared.KubernetesObject:
    return {"name": "weights", "mountPath": "/weights", "readOnly": True}


def _image(site: model.Site, images: Mapping[str, str]) -> str:
    """Return the image that computes: the lab's, which also checks weights everywhere, or the vendor's."""
    if site.triton.image is None:
        return images["triton"]
    return f"{endpoints.registry(site)}/{site.triton.image}"


def _triton(site: model.Site, card: model.Model, images: Mapping[str, str]) -> shared.KubernetesObject:
    return {
        "name": "triton",
        "image": _image(site, images),
        "command": [SERVER],
        "args": server_arguments(card, site.gateway.request_timeout_seconds),
        **({"env": [{"name": key, "value": value} for key, value in ENVIRONMENT.items()]} if _on_gpus(card) else {}),
        "ports": [
            {"name": "http", "containerPort": TRITON_HTTP},
            {"name": "metrics", "containerPort": TRITON_METRICS},
        ],
        "securityContext": shared.container_security(),
        "resources": _resources(card),
        "volumeMounts": [
            _weights_mount(),
            {"name": "repository", "mountPath": "/repository", "readOnly": True},
            {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108 - a volume of the pod's own
            shared.TMP_MOUNT,
            *([{"name": "backend", "mountPath": BACKEND, "readOnly": True}] if _on_gpus(card) else []),
        ],
        "lifecycle": {"preStop": {"sleep": {"seconds": shared.PRE_STOP_SECONDS}}},
        **_probes(card),
    }


def server_arguments(card: model.Model, exit_timeout_seconds: int) -> list[str]:
    """Return Triton's command line (tritonserver 2.51, `--help`)."""
    return [
        "--model-repository=/repository",
        "--model-control-mode=explicit",
        f"--load-model={card.name}",
        "--strict-readiness=true",
        "--exit-on-error=true",
        f"--exit-timeout-secs={exit_timeout_seconds}",
        "--disable-auto-complete-config",
        f"--allow-gpu-metrics={str(card.accelerators > 0).lower()}",
        "--allow-grpc=false",
        f"--http-port={TRITON_HTTP}",
        f"--metrics-port={TRITON_METRICS}",
    ]


def _resources(card: model.Model) -> shared.KubernetesObject:
    requests: dict[str, object] = {"cpu": f"{card.threads * 250}m", "memory": str(card.memory)}
    limits: dict[str, object] = {"memory": str(card.memory)}
    if card.accelerators:
        requests["nvidia.com/gpu"] = limits["nvidia.com/gpu"] = str(card.accelerators)
    return {"requests": requests, "limits": limits}


def _probe(kind: str, card: model.Model, *options: str) -> shared.KubernetesObject:
    """Return a question to the engine itself; Triton's own health stays green over a dead one."""
    command = ["python3", "-m", "llm_backend.probe", kind, f"http://127.0.0.1:{TRITON_HTTP}", card.name, *options]
    return {"exec": {"command": command}, "timeoutSeconds": 20}


def _probes(card: model.Model) -> shared.KubernetesObject:
    answer = _probe("readiness", card)
    alive = _probe("liveness", card, f"--stall-seconds={STALL_SECONDS}")
    dead = {"terminationGracePeriodSeconds": DEAD_SECONDS}
    return {
        "startupProbe": {**answer, **dead, "periodSeconds": 2, "failureThreshold": start_seconds(card) // 2},
        "readinessProbe": {**answer, "periodSeconds": 15, "failureThreshold": 2},
        "livenessProbe": {**alive, **dead, "periodSeconds": 20, "failureThreshold": 3},
    }
