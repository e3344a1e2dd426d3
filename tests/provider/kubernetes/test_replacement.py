from __future__ import annotations

import pytest

from ops.provider.difference import Path
from ops.provider.kubernetes import replacement

IN_PLACE = replacement.Mutability(config_maps=True, secrets=True)


@pytest.mark.parametrize(
    ("api_version", "kind", "path", "replaces"),
    [
        ("v1", "Service", ("metadata", "name"), True),
        ("v1", "Service", ("metadata", "namespace"), True),
        ("v1", "Service", ("metadata", "labels", "a"), False),
        ("v1", "Service", ("spec", "ports", 0, "port"), False),
        ("v1", "Service", ("spec", "clusterIP"), True),
        ("apps/v1", "Deployment", ("spec", "selector", "matchLabels", "a"), True),
        ("apps/v1", "Deployment", ("spec", "template", "spec", "containers", 0, "image"), False),
        ("apps/v1", "Deployment", ("spec",), True),
        ("apps/v1", "StatefulSet", ("spec", "volumeClaimTemplates", 0), True),
        ("apps/v1", "StatefulSet", ("spec", "replicas"), False),
        ("batch/v1", "Job", ("spec", "template", "spec", "containers", 0, "args", 1), True),
        ("batch/v1", "Job", ("spec", "backoffLimit"), False),
        ("v1", "Pod", ("spec", "containers", 0, "image"), False),
        ("v1", "Pod", ("spec", "containers", 0, "args", 0), True),
        ("v1", "PersistentVolumeClaim", ("spec", "storageClassName"), True),
        ("v1", "PersistentVolumeClaim", ("spec", "resources", "requests", "storage"), False),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", ("roleRef", "name"), True),
        ("storage.k8s.io/v1", "StorageClass", ("provisioner",), True),
        ("v1", "ConfigMap", ("data", "a"), True),
        ("v1", "Secret", ("stringData", "a"), True),
        ("v1", "Secret", ("type",), True),
        ("example.org/v1", "Deployment", ("spec", "selector"), False),
    ],
)
def test_what_cannot_change_in_place_is_made_anew(api_version: str, kind: str, path: Path, replaces: bool) -> None:
    assert replacement.rule(api_version, kind, replacement.IMMUTABLE)(path) is replaces


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_data_changes_in_place_where_the_provider_says_so(kind: str) -> None:
    assert not replacement.rule("v1", kind, IN_PLACE)(("data", "a"))
