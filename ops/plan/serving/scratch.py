"""A model served beside the production one for the time of a drill: from restored files, and reached by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.plan.serving import model_repository, shared, triton
from ops.spec import model

PREFIX = "drill-"
"""How every name of a drill's own begins; its clean-up touches nothing else."""
DIRECTORY = "/var/lib/sitewright/drills"
"""Where a worker keeps what a drill has restored, one directory a drill."""
POD = "triton"
_VOLUME = "weights"
_SIZE = "1Gi"
"""What claim and volume call their size; nothing measures a directory by it."""


def weights_directory(drill: str, card: model.Model) -> str:
    """Return where a worker has a model's restored files."""
    return f"{DIRECTORY}/{drill}/weights/{card.name}"


def objects(
    site: model.Site, card: model.Model, images: Mapping[str, str], *, drill: str, node: str
) -> list[shared.KubernetesObject]:
    """Return namespace, policies, volume and pod of a scratch server, in the order in which they are applied.

    `drill` is the name of all of it and begins with PREFIX; `node` is the worker that has the files. Raise ValueError
    for another name.
    """
    if not drill.startswith(PREFIX):
        raise ValueError(f"{drill} does not begin with {PREFIX}")
    labels = {"sitewright/drill": drill}
    return [
        _namespace(drill, labels),
        _deny_all(drill, labels),
        _volume(card, drill, node, labels),
        _claim(drill, labels),
        _repository(card, drill, labels),
        _pod(site, card, images, drill, node),
    ]


def _metadata(drill: str, name: str, labels: Mapping[str, str]) -> dict[str, object]:
    return {"name": name, "namespace": drill, "labels": dict(labels)}


def _namespace(drill: str, labels: Mapping[str, str]) -> shared.KubernetesObject:
    level = {"pod-security.kubernetes.io/enforce": "restricted"}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": drill, "labels": {**labels, **level}}}


def _deny_all(drill: str, labels: Mapping[str, str]) -> shared.KubernetesObject:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": _metadata(drill, "deny-all", labels),
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def _volume(card: model.Model, drill: str, node: str, labels: Mapping[str, str]) -> shared.KubernetesObject:
    """Return the restored directory as a volume: a local one, for the `restricted` level allows no host path."""
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": drill, "labels": dict(labels)},
        "spec": {
            "capacity": {"storage": _SIZE},
            "accessModes": ["ReadOnlyMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "claimRef": {"namespace": drill, "name": _VOLUME},
            "local": {"path": weights_directory(drill, card)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        },
    }


def _claim(drill: str, labels: Mapping[str, str]) -> shared.KubernetesObject:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(drill, _VOLUME, labels),
        "spec": {
            "accessModes": ["ReadOnlyMany"],
            "storageClassName": "",
            "volumeName": drill,
            "resources": {"requests": {"storage": _SIZE}},
        },
    }


def _repository(card: model.Model, drill: str, labels: Mapping[str, str]) -> shared.KubernetesObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": _metadata(drill, f"{triton.service_name(card)}-repository", labels),
        "data": model_repository.files(card),
    }


def _pod(
    site: model.Site, card: model.Model, images: Mapping[str, str], drill: str, node: str
) -> shared.KubernetesObject:
    """Return production's own pod with the restored files for its weights, on their node, that ends at once."""
    spec: dict[str, Any] = triton.pod(site, card, images)
    claim = {"name": _VOLUME, "persistentVolumeClaim": {"claimName": _VOLUME, "readOnly": True}}
    kept = [volume for volume in spec["volumes"] if volume["name"] != _VOLUME]
    spec |= {
        "volumes": [claim, *kept],
        "nodeSelector": {"kubernetes.io/hostname": node},
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": 1,
    }
    del spec["topologySpreadConstraints"]
    for container in spec["containers"]:
        for gone in ("lifecycle", "livenessProbe"):
            del container[gone]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(drill, POD, {"sitewright/drill": drill}),
        "spec": spec,
    }
