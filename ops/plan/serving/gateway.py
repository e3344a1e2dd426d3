"""The gateway: two replicas of the OpenAI-compatible API in front of the models."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ops.plan import endpoints
from ops.plan.serving import shared, triton
from ops.plan.serving.isolation import GATEWAY_PORTS, TRITON_HTTP
from ops.spec import model

NAME = "gateway"
CONFIGURATION_DIRECTORY = "/etc/sitewright-gateway"


def objects(
    site: model.Site, images: Mapping[str, str], key_hashes: Mapping[str, str]
) -> list[shared.KubernetesObject]:
    """Given a site, return the objects of its gateway."""
    labels = shared.labels(NAME, NAME)
    content = {"gateway.json": configuration(site), "keys.json": keys(key_hashes)}
    return [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": shared.metadata(NAME, labels),
            "stringData": content,
        },
        _service(labels),
        shared.disruption_budget(NAME, NAME),
        _deployment(site, images, shared.digest(content)),
    ]


def configuration(site: model.Site) -> str:
    """Return the gateway's configuration file."""
    upstreams = {
        card.name: {
            "url": f"http://{triton.service_name(card)}.{shared.NAMESPACE}.svc.cluster.local:{TRITON_HTTP}",
            "context_tokens": card.context_tokens,
            "max_output_tokens": card.max_output_tokens,
            "replicas": card.replicas,
        }
        for card in site.models
    }
    return json.dumps(
        {
            "models": upstreams,
            "keys_file": f"{CONFIGURATION_DIRECTORY}/keys.json",
            "max_body_bytes": site.gateway.max_body,
            "max_in_flight": site.gateway.max_in_flight,
            "request_timeout_seconds": site.gateway.request_timeout_seconds,
        },
        indent=2,
        sort_keys=True,
    )


def keys(key_hashes: Mapping[str, str]) -> str:
    """Return the gateway's file of hashed API keys."""
    return json.dumps(dict(key_hashes), indent=2, sort_keys=True)


def _service(labels: Mapping[str, str]) -> shared.KubernetesObject:
    api, health = GATEWAY_PORTS
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": shared.metadata(NAME, labels),
        "spec": {
            "type": "NodePort",
            "selector": shared.selector(NAME, NAME),
            "ports": [
                {"name": "api", "port": 80, "targetPort": api, "nodePort": endpoints.GATEWAY_NODE_PORT},
                {
                    "name": "health",
                    "port": health,
                    "targetPort": health,
                    "nodePort": endpoints.GATEWAY_HEALTH_NODE_PORT,
                },
            ],
        },
    }


def _deployment(site: model.Site, images: Mapping[str, str], content_digest: str) -> shared.KubernetesObject:
    labels = shared.labels(NAME, NAME)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": shared.metadata(NAME, labels),
        "spec": {
            "replicas": site.gateway.replicas,
            "progressDeadlineSeconds": 300,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "selector": {"matchLabels": shared.selector(NAME, NAME)},
            "template": {
                "metadata": {"labels": labels, "annotations": {"sitewright/configuration": content_digest}},
                "spec": _pod(site, images),
            },
        },
    }


def _pod(site: model.Site, images: Mapping[str, str]) -> shared.KubernetesObject:
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": shared.PRE_STOP_SECONDS + site.gateway.request_timeout_seconds + 5,
        "securityContext": shared.pod_security(),
        "topologySpreadConstraints": shared.spread(NAME, NAME),
        "containers": [_container(images)],
        "volumes": [
            {"name": "configuration", "secret": {"secretName": NAME, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}},
        ],
    }


def _container(images: Mapping[str, str]) -> shared.KubernetesObject:
    api, health = GATEWAY_PORTS
    return {
        "name": NAME,
        "image": images["gateway"],
        "command": ["python3", "-m", "gateway"],
        "env": [{"name": "SITEWRIGHT_GATEWAY_CONFIG", "value": f"{CONFIGURATION_DIRECTORY}/gateway.json"}],
        "ports": [{"name": "api", "containerPort": api}, {"name": "health", "containerPort": health}],
        "securityContext": shared.container_security(),
        "resources": {"requests": {"cpu": "100m", "memory": "96Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [
            {"name": "configuration", "mountPath": CONFIGURATION_DIRECTORY, "readOnly": True},
            shared.TMP_MOUNT,
        ],
        "lifecycle": {"preStop": {"sleep": {"seconds": shared.PRE_STOP_SECONDS}}},
        "startupProbe": {"httpGet": {"path": "/healthz", "port": health}, "periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": health}, "periodSeconds": 3, "timeoutSeconds": 3},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": health}, "periodSeconds": 10, "timeoutSeconds": 5},
    }
