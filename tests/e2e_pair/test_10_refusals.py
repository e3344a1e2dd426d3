"""What must not be done is refused before anything is touched: three lines, an exit code of its own, no cordon."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.e2e_pair import maintenance
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

NOT_FOUND, BUDGET = 6, 17


@pytest.fixture(autouse=True)
def untouched(pair: support.TestSite) -> Iterator[None]:
    before = maintenance.runtimes(pair)
    yield
    assert maintenance.runtimes(pair) == before
    assert maintenance.cordoned(pair) == []
    assert not maintenance.journal(pair).exists()


def test_a_version_that_the_site_lacks(pair: support.TestSite) -> None:
    code, text = maintenance.run(pair, "runtime_upgrade", "-e", "runtime_version=9.9.9")
    assert code == NOT_FOUND
    assert "error[E-NOT-FOUND]: the site's repository has no containerd.io 9.9.9-1" in text
    assert "2.2.0-1" in text


def test_a_node_while_another_is_away(pair: support.TestSite) -> None:
    pair.kubectl("cordon", "gpu2")
    try:
        code, text = maintenance.run(pair, "drain", "--limit", "gpu1")
    finally:
        pair.kubectl("uncordon", "gpu2")
    assert code == BUDGET
    assert "gpu1 may not leave: gpu2 is not in service" in text


def test_a_drain_that_would_leave_no_replica(pair: support.TestSite) -> None:
    pair.kubectl("--namespace", "models", "scale", "deployment/triton-smollm2", "--replicas=1")
    try:
        pair.kubectl("--namespace", "models", "rollout", "status", "deployment/triton-smollm2", "--timeout=300s")
        (where,) = _nodes_of_replicas(pair)
        code, text = maintenance.run(pair, "drain", "--limit", where)
    finally:
        pair.kubectl("--namespace", "models", "scale", "deployment/triton-smollm2", "--replicas=2")
        pair.kubectl("--namespace", "models", "rollout", "status", "deployment/triton-smollm2", "--timeout=600s")
    assert code == BUDGET
    assert f"without {where} there would be no replica of model smollm2" in text


def test_check_mode_prints_the_plan_and_touches_nothing(pair: support.TestSite) -> None:
    code, text = maintenance.run(pair, "runtime_upgrade", "-e", f"runtime_version={maintenance.NEW}", "--check")
    assert code == 0
    assert "plan: runtime_upgrade moves containerd to another version, 3 of 3 nodes" in text
    assert "containerd.io 2.2.0-1 => 2.2.1-1; restarts containerd.service" in text


def _nodes_of_replicas(pair: support.TestSite) -> list[str]:
    """Return the nodes of the model's pods that stay."""
    words = ("--namespace=models", "get", "pods", "--selector=app.kubernetes.io/name=triton", "--output=json")
    pods = json.loads(pair.kubectl(*words))["items"]
    return [str(pod["spec"]["nodeName"]) for pod in pods if "deletionTimestamp" not in pod["metadata"]]
