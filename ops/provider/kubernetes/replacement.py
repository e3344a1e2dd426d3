"""Which fields cannot be changed in place, kind by kind, as in the official plugin (provider/pkg/provider/diff.go)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from ops.provider.difference import Path

_METADATA = ("metadata.name", "metadata.namespace")

_FIELDS: dict[str, tuple[str, ...]] = {
    "apps:DaemonSet": ("spec.selector",),
    "apps:Deployment": ("spec.selector",),
    "apps:ReplicaSet": ("spec.selector",),
    "apps:StatefulSet": (
        "spec.podManagementPolicy",
        "spec.revisionHistoryLimit",
        "spec.selector",
        "spec.serviceName",
        "spec.volumeClaimTemplates",
    ),
    "batch:Job": ("spec.completionMode", "spec.completions", "spec.selector", "spec.template"),
    "core:PersistentVolumeClaim": (
        "spec.accessModes",
        "spec.dataSource",
        "spec.selector",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
    ),
    "core:Pod": ("spec",),
    "core:ResourceQuota": ("spec.scopes",),
    "core:Secret": ("type",),
    "core:Service": ("spec.clusterIP", "spec.clusterIPs"),
    "policy:PodDisruptionBudget": ("spec.selector",),
    "rbac.authorization.k8s.io:ClusterRoleBinding": ("roleRef",),
    "rbac.authorization.k8s.io:RoleBinding": ("roleRef",),
    "scheduling.k8s.io:PriorityClass": ("value", "preemptionPolicy"),
    "storage.k8s.io:StorageClass": ("parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"),
}

_DATA: dict[str, tuple[str, ...]] = {
    "core:ConfigMap": ("binaryData", "data"),
    "core:Secret": ("data", "stringData"),
}
"""Replaced unless the provider's configuration says that they may change in place: pods then take a new name."""

_IMAGES_IN_PLACE = "image"
"""The one field of a pod's containers that may change."""


@dataclasses.dataclass(frozen=True)
class Mutability:
    """What the provider's configuration lets change in place."""

    config_maps: bool = False
    secrets: bool = False


IMMUTABLE = Mutability()
"""The official plugin's default."""

_POD = "core:Pod"


def rule(api_version: str, kind: str, mutability: Mutability) -> Callable[[Path], bool]:
    """Return the function that says for a changed path whether the object must be made anew."""
    group = api_version.rpartition("/")[0] or "core"
    name = f"{group}:{kind}"
    fields = _METADATA + _FIELDS.get(name, ())
    mutable = {"core:ConfigMap": mutability.config_maps, "core:Secret": mutability.secrets}
    if name in _DATA and not mutable[name]:
        fields += _DATA[name]
    return lambda path: _is_under(path, fields) and not (name == _POD and path[-1] == _IMAGES_IN_PLACE)


def _is_under(path: Path, fields: tuple[str, ...]) -> bool:
    """Say whether a path is one of the fields, or inside one, or takes one away with it."""
    for field in fields:
        parts = tuple(field.split("."))
        length = min(len(parts), len(path))
        if path[:length] == parts[:length]:
            return True
    return False
