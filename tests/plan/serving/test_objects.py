"""The objects of the service: hardened, isolated, in an order in which they can be applied."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ops import spec
from ops.plan import endpoints
from ops.plan.serving import model_repository, objects
from ops.spec import locate, model

DIGEST = "sha256:" + "0" * 64


def made(name: str) -> tuple[model.Site, list[dict[str, Any]]]:
    """Return a site of inventory/ and its objects."""
    site = spec.load(locate.resolve(name))
    names = ["triton", "gateway", *(f"models/{card.name}" for card in site.models)]
    images = {image: f"registry:8443/{image}@{DIGEST}" for image in names}
    return site, json.loads(json.dumps(objects(site, images, {"lab": "0" * 64})))


def of_kind(items: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the objects of one kind."""
    return [item for item in items if item["kind"] == kind]


@pytest.mark.parametrize("name", ["lab", "lab-single", "lab-pair", "example"])
def test_the_namespace_comes_first_and_every_pod_is_restricted(name: str) -> None:
    _, items = made(name)
    assert items[0]["kind"] == "Namespace"
    assert items[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for deployment in of_kind(items, "Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
            assert "@sha256:" in container["image"]


def test_the_model_is_verified_before_triton_and_mounted_read_only() -> None:
    site, items = made("lab")
    (deployment,) = [item for item in of_kind(items, "Deployment") if item["metadata"]["name"] == "triton-smollm2"]
    pod = deployment["spec"]["template"]["spec"]
    verify = pod["initContainers"][0]
    assert verify["command"][-1] == site.models[0].digest
    for container in (verify, pod["containers"][0]):
        assert next(m for m in container["volumeMounts"] if m["name"] == "weights")["readOnly"] is True


def test_the_pod_outlives_its_longest_request() -> None:
    site, items = made("lab")
    for deployment in of_kind(items, "Deployment"):
        grace = deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert grace > site.gateway.request_timeout_seconds


@pytest.mark.parametrize("name", ["lab", "example"])
def test_a_dead_engine_is_not_waited_for(name: str) -> None:
    _, items = made(name)
    pods = [item["spec"]["template"]["spec"] for item in of_kind(items, "Deployment")]
    engines = [pod["containers"][0] for pod in pods if pod["containers"][0]["name"] == "triton"]
    assert engines
    for engine in engines:
        assert engine["livenessProbe"]["terminationGracePeriodSeconds"] < 10
        assert engine["startupProbe"]["terminationGracePeriodSeconds"] < 10


def test_a_new_key_replaces_the_gateways_pods() -> None:
    site, items = made("lab")
    images = {image: f"registry:8443/{image}@{DIGEST}" for image in ("triton", "gateway", "models/smollm2")}
    other = json.loads(json.dumps(objects(site, images, {"lab": "1" * 64})))

    def annotation(found: list[dict[str, Any]]) -> str:
        (gateway,) = [item for item in of_kind(found, "Deployment") if item["metadata"]["name"] == "gateway"]
        return str(gateway["spec"]["template"]["metadata"]["annotations"]["sitewright/configuration"])

    assert annotation(items) != annotation(other)


def test_every_pod_is_denied_all_that_is_not_named() -> None:
    _, items = made("lab")
    deny = next(item for item in of_kind(items, "NetworkPolicy") if item["metadata"]["name"] == "deny-all")
    assert deny["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_the_vllm_form_of_a_card_asks_for_gpus_and_hands_limits_to_the_engine() -> None:
    site, items = made("example")
    card = site.models[0]
    assert card.engine is model.Engine.VLLM
    text = model_repository.files(card)["config.pbtxt"]
    for name, value in (("engine", "vllm"), ("weights", "/weights"), ("accelerators", card.accelerators)):
        assert f'key: "{name}" value: {{ string_value: "{value}" }}' in text
    (deployment,) = [item for item in of_kind(items, "Deployment") if item["metadata"]["name"] != "gateway"]
    pod = deployment["spec"]["template"]["spec"]
    (engine,) = pod["containers"]
    assert engine["resources"]["limits"]["nvidia.com/gpu"] == str(card.accelerators)
    assert engine["image"] == f"{endpoints.registry(site)}/{site.triton.image}"
    assert "--allow-gpu-metrics=true" in engine["args"]


def test_the_vendors_image_gets_our_backend_and_is_asked_for_tokens() -> None:
    site, items = made("example")
    (deployment,) = [item for item in of_kind(items, "Deployment") if item["metadata"]["name"] != "gateway"]
    pod = deployment["spec"]["template"]["spec"]
    (engine,) = pod["containers"]
    copies = next(item for item in pod["initContainers"] if item["name"] == "backend")
    assert copies["image"] != engine["image"]
    assert {mount["name"] for mount in copies["volumeMounts"]} <= {volume["name"] for volume in pod["volumes"]}
    mounted = next(mount for mount in engine["volumeMounts"] if mount["name"] == "backend")
    assert mounted == {"name": "backend", "mountPath": "/opt/sitewright", "readOnly": True}
    assert {"name": "PYTHONPATH", "value": mounted["mountPath"]} in engine["env"]
    assert engine["readinessProbe"]["exec"]["command"][:3] == ["python3", "-m", "llm_backend.probe"]
    # 142 GB at 200 MB/s, and what a start takes besides
    probe = engine["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] == pytest.approx(300 + site.models[0].size / 2e8, abs=2)


def test_the_llama_form_of_a_card_names_the_weights_inside_the_pod() -> None:
    site, _ = made("lab")
    text = model_repository.files(site.models[0])["config.pbtxt"]
    assert "/weights/SmolLM2-135M-Instruct.Q4_1.gguf" in text
    assert "decoupled: true" in text
