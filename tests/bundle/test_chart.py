from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ops import errors
from ops.bundle import build, chart

_FIELDS = {"{{ registry }}": "registry.example:8443", "{{ pods }}": "10.244.0.0/16"}


def test_stand_ins_become_the_fields_of_a_site() -> None:
    assert chart.with_fields("image: REGISTRY/cilium\ncidr: PODS\n") == (
        "image: {{ registry }}/cilium\ncidr: {{ pods }}\n"
    )


def test_template_text_of_the_charts_own_is_refused() -> None:
    with pytest.raises(errors.IntegrityError, match="template text"):
        chart.with_fields("motd: '{{ .Values.x }}'")


@pytest.fixture(scope="module")
def bundle() -> build.Bundle:
    return build.build(["manifests", "index"])


@pytest.fixture(scope="module")
def objects(bundle: build.Bundle) -> list[dict[str, Any]]:
    """Cilium's objects as a site applies them."""
    text = (bundle.path("manifests") / "cilium.yaml").read_text()
    for name, value in _FIELDS.items():
        assert name in text
        text = text.replace(name, value)
    return [item for item in yaml.safe_load_all(text) if item]


def _containers(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in objects:
        pod = item.get("spec", {}).get("template", {}).get("spec", {}) if item["kind"] != "ConfigMap" else {}
        yield from (*pod.get("initContainers", ()), *pod.get("containers", ()))


@pytest.mark.bundle
def test_every_container_runs_an_image_of_the_bundle_by_its_digest(
    bundle: build.Bundle, objects: list[dict[str, Any]]
) -> None:
    images = json.loads((bundle.path("index") / "index.json").read_text())["images"]
    expected = {f"registry.example:8443/{name}@{images[name]}" for name in ("cilium", "cilium-operator")}
    assert {container["image"] for container in _containers(objects)} == expected


@pytest.mark.bundle
def test_no_container_asks_for_a_capability_that_a_lab_machine_lacks(objects: list[dict[str, Any]]) -> None:
    for container in _containers(objects):
        added = container.get("securityContext", {}).get("capabilities", {}).get("add", [])
        assert "SYS_RESOURCE" not in added, container["name"]


@pytest.mark.bundle
def test_pods_are_routed_plainly_and_not_hidden(objects: list[dict[str, Any]]) -> None:
    (settings,) = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    assert settings["routing-mode"] == "native"
    assert settings["auto-direct-node-routes"] == "true"
    assert settings["ipv4-native-routing-cidr"] == "10.244.0.0/16"
    assert settings["enable-ipv4-masquerade"] == "false"
    assert settings["ipam"] == "kubernetes"


@pytest.mark.bundle
def test_no_envoy_no_hubble_no_certificates(objects: list[dict[str, Any]]) -> None:
    assert {item["kind"] for item in objects} & {"Secret", "Job", "CronJob"} == set()
    assert {item["metadata"]["name"] for item in objects if item["kind"] in {"DaemonSet", "Deployment"}} == {
        "cilium",
        "cilium-operator",
    }
