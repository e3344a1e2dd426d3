"""One model served by Triton: model repository, Deployment, Service, disruption budget."""

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
DEAD_SECONDS = 5
"""What a container gets to end whose engine is dead: it finishes no answer, however long those in work would take."""


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
            "progressDeadlineSeconds": 600,
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
        "initContainers": [_verify(card, images)],
        "containers": [_triton(site, card, images)],
        "volumes": [
            {"name": "weights", "image": {"reference": images[f"models/{card.name}"], "pullPolicy": "IfNotPresent"}},
            {"name": "repository", "configMap": _repository_items(card)},
            {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
        ],
    }


def _repository_items(card: model.Model) -> shared.KubernetesObject:
    paths = model_repository.paths(card)
    return {
        "name": f"{service_name(card)}-repository",
        "items": [{"key": key, "path": path} for key, path in paths.items()],
    }


def _verify(card: model.Model, images: Mapping[str, str]) -> shared.KubernetesObject:
    return {
        "name": "verify",
        "image": images["triton"],
        "command": ["python3", "-m", "llama_backend.verify", "/weights", str(card.digest)],
        "securityContext": shared.container_security(),
        "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
        "volumeMounts": [_weights_mount()],
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
        "--allow-gpu-metrics=false",
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


def _questions(card: model.Model) -> tuple[shared.KubernetesObject, shared.KubernetesObject]:
    """Return how a pod is asked whether it answers and whether it lives; only the lab's image has our probe in it."""
    if card.engine is not model.Engine.LLAMA:
        ready, live = ({"path": f"/v2/health/{page}", "port": TRITON_HTTP} for page in ("ready", "live"))
        return {"httpGet": ready, "timeoutSeconds": 20}, {"httpGet": live, "timeoutSeconds": 20}
    probe = ["python3", "-m", "llama_backend.probe"]
    here = f"http://127.0.0.1:{TRITON_HTTP}"
    answer = [*probe, "readiness", here, card.name]
    alive = [*probe, "liveness", here, card.name, f"--stall-seconds={STALL_SECONDS}"]
    return (
        {"exec": {"command": answer}, "timeoutSeconds": 20},
        {"exec": {"command": alive}, "timeoutSeconds": 20},
    )


def _probes(card: model.Model) -> shared.KubernetesObject:
    answer, alive = _questions(card)
    dead = {"terminationGracePeriodSeconds": DEAD_SECONDS}
    return {
        "startupProbe": {**answer, **dead, "periodSeconds": 2, "failureThreshold": 150},
        "readinessProbe": {**answer, "periodSeconds": 15, "failureThreshold": 2},
        "livenessProbe": {**alive, **dead, "periodSeconds": 20, "failureThreshold": 3},
    }
