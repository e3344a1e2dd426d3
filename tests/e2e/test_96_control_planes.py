"""Three control planes: one loses its power, the API and the gateway answer on, and the same command brings it back."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Iterator

import httpx
import pytest

from ops.adapters import process
from ops.lab import machine
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

NOTICED_SECONDS = 120.0
"""Kubernetes waits 40 s for a node's word."""
AWAY_SECONDS = 30.0
"""How long the API may be away: the load balancer looks each second, three times, and etcd votes anew."""
PLANES: list[dict[str, object]] = [{"name": name, "roles": ["control_plane"]} for name in ("cp2", "cp3")]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.TestSite]:
    """Yield a site with three control planes that answers."""
    made = support.derive(tmp_path_factory.mktemp("planes"), "lab", "test-planes", PLANES)
    with support.standing(made):
        yield made


def ready(site: support.TestSite) -> set[str]:
    """Return the names of the nodes that Kubernetes calls ready."""
    items = json.loads(site.kubectl("get", "nodes", "--output", "json"))["items"]
    return {
        item["metadata"]["name"]
        for item in items
        if any(state["type"] == "Ready" and state["status"] == "True" for state in item["status"]["conditions"])
    }


def answers(site: support.TestSite) -> bool:
    """Say whether the API answers five times one after the other."""
    argv = ["kubectl", "get", "--raw=/readyz", "--request-timeout=5s"]
    ended = (process.run(argv, timeout=30, environment=site.environment(), expect=(0, 1)) for _ in range(5))
    return all(item.returncode == 0 for item in ended)


def test_all_three_are_members_of_etcd(several: support.TestSite) -> None:
    assert ready(several) == {"cp1", "cp2", "cp3", "gpu1"}
    pods = several.kubectl("-n", "kube-system", "get", "pods", "-l", "component=etcd", "--no-headers").splitlines()
    assert len([line for line in pods if "1/1" in line]) == 3


def test_a_second_run_changes_nothing(several: support.TestSite) -> None:
    assert "unchanged" in several.up().stdout


def test_the_first_may_be_lost(several: support.TestSite) -> None:
    machine.power_cut(several.site.name, "cp1")
    deadline = time.monotonic() + AWAY_SECONDS
    while not answers(several):
        assert time.monotonic() < deadline, "the API did not come back"
    deadline = time.monotonic() + NOTICED_SECONDS
    while "cp1" in ready(several):
        assert time.monotonic() < deadline, "Kubernetes did not notice"
        time.sleep(2)
    environment = several.environment()
    trust = ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])
    with httpx.Client(verify=trust, timeout=60) as client:
        answer = client.get(
            f"{environment['OPENAI_BASE_URL']}/models",
            headers={"authorization": f"Bearer {environment['OPENAI_API_KEY']}"},
        )
    assert answer.json()["data"][0]["id"] == "smollm2"


def test_the_same_command_brings_it_back(several: support.TestSite) -> None:
    assert "Paris" in several.up().stdout
    assert ready(several) == {"cp1", "cp2", "cp3", "gpu1"}
