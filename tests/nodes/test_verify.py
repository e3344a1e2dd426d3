from __future__ import annotations

import pytest

from ops import errors
from ops.nodes import verify
from ops.plan import serving
from tests.nodes.facts import node, pair, pod

IMAGES = {"triton": "triton@x", "gateway": "gateway@x", "models/smollm2": "smollm2@x"}


def test_a_node_is_whole_when_it_is_ready_runs_the_version_and_its_own_pods_are_ready() -> None:
    agent = pod("agent", "gpu1", owner="DaemonSet/cilium")
    assert verify.reasons(node("gpu1"), [agent], "2.2.0") == []
    assert verify.reasons(node("gpu1"), [agent], "") == []
    assert verify.reasons(node("gpu1", boot="new"), [agent], "", "old") == []
    assert verify.reasons(node("gpu1", boot="old"), [agent], "", "old") == [
        "its kubelet has not spoken since the machine was started again"
    ]
    assert verify.reasons(node("gpu1", ready=False), [], "2.2.1") == [
        "Kubernetes says that it is not ready",
        "its runtime is containerd 2.2.0, not 2.2.1",
    ]
    broken = pod("agent", "gpu1", owner="DaemonSet/cilium", ready=False)
    assert verify.reasons(node("gpu1"), [broken, pod("t1", "gpu1", ready=False)], "") == [
        "pod models/agent is not ready"
    ]


def test_a_canary_is_the_replica_on_that_node_without_clients() -> None:
    deployment = next(
        item
        for item in serving.objects(pair(), IMAGES, {})
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "triton-smollm2"  # type: ignore[index] # plain data
    )
    template = deployment["spec"]["template"]  # type: ignore[index] # plain data
    made = verify.canary(template, "smollm2", "gpu1")
    assert made["spec"]["nodeName"] == "gpu1"
    assert made["metadata"]["labels"].items().isdisjoint(template["metadata"]["labels"].items())
    assert made["spec"]["containers"][0]["image"] == "triton@x"
    assert "lifecycle" not in made["spec"]["containers"][0]
    assert made["spec"]["tolerations"][-1]["key"] == "node.kubernetes.io/unschedulable"


def test_an_answer_has_words_and_tokens() -> None:
    text = '{"text_output": " Paris. ", "num_output_tokens": 2}'
    assert verify.read_answer(0, text, "pod") == "Paris."


NO_ANSWERS = [
    (1, '{"text_output": "Paris.", "num_output_tokens": 2}'),
    (0, '{"text_output": " ", "num_output_tokens": 1}'),
    (0, '{"text_output": "Paris.", "num_output_tokens": 0}'),
    (0, '{"error": "engine_failed: it is dead"}'),
    (0, "Traceback"),
    (0, ""),
]


@pytest.mark.parametrize(("code", "text"), NO_ANSWERS)
def test_anything_else_is_none(code: int, text: str) -> None:
    with pytest.raises(errors.DeployError, match="no answer there"):
        verify.read_answer(code, text, "pod")
