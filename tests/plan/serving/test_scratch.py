"""A drill's server shares nothing with production but the image, and says so in every object."""

from __future__ import annotations

from typing import Any

import pytest

from ops import spec
from ops.plan import endpoints
from ops.plan.serving import scratch, triton
from ops.spec import locate

DRILL = "drill-0a1b2c3d"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    site = spec.load(locate.resolve("lab"))
    images = endpoints.image_references(site, {"triton": "sha256:" + "1" * 64, "models/smollm2": "sha256:" + "2" * 64})
    found: list[Any] = scratch.objects(site, site.models[0], images, drill=DRILL, node="gpu1")
    return {item["kind"]: item for item in found}


def test_every_object_is_the_drills_own(made: dict[str, Any]) -> None:
    for kind, item in made.items():
        metadata = item["metadata"]
        if kind in {"Namespace", "PersistentVolume"}:
            assert metadata["name"] == DRILL
        else:
            assert metadata["namespace"] == DRILL
        assert metadata["labels"]["sitewright/drill"] == DRILL
        assert "app.kubernetes.io/instance" not in metadata["labels"]


def test_nothing_may_reach_the_pod_and_the_namespace_is_restricted(made: dict[str, Any]) -> None:
    assert made["NetworkPolicy"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert made["Namespace"]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_pod_is_productions_with_the_restored_weights(made: dict[str, Any]) -> None:
    site = spec.load(locate.resolve("lab"))
    images = endpoints.image_references(site, {"triton": "sha256:" + "1" * 64, "models/smollm2": "sha256:" + "2" * 64})
    production: Any = triton.pod(site, site.models[0], images)
    pod = made["Pod"]["spec"]
    assert pod["containers"][0]["args"] == production["containers"][0]["args"]
    assert pod["initContainers"] == production["initContainers"]
    assert pod["nodeSelector"] == {"kubernetes.io/hostname": "gpu1"}
    claim = next(volume for volume in pod["volumes"] if volume["name"] == "weights")
    assert claim["persistentVolumeClaim"] == {"claimName": "weights", "readOnly": True}
    path = made["PersistentVolume"]["spec"]["local"]["path"]
    assert path == f"/var/lib/sitewright/drills/{DRILL}/weights/smollm2"


def test_another_name_is_refused() -> None:
    site = spec.load(locate.resolve("lab"))
    with pytest.raises(ValueError, match="does not begin with drill-"):
        scratch.objects(site, site.models[0], {}, drill="models", node="gpu1")
