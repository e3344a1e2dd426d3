"""A pod reaches nothing beyond its lab; the claim is first shown to fail when a way is opened."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from ops.adapters import process
from ops.spec import model
from tests.support import lab as lab_support
from tests.support import outside
from tests.support import site as support

pytestmark = pytest.mark.e2e

NAMESPACE = "isolation-test"


def pod(name: str, image: str, *, host_network: bool) -> dict[str, object]:
    """Return a pod that may send what root of a container may, on the worker."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "hostNetwork": host_network,
            "nodeName": "gpu1",
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "containers": [
                {
                    "name": "c",
                    "image": image,
                    "command": ["sleep", "3600"],
                    "securityContext": {"runAsUser": 0, "capabilities": {"add": ["NET_RAW"]}},
                }
            ],
        },
    }


@pytest.fixture(scope="module")
def pods(site: support.TestSite) -> Iterator[None]:
    """Run a pod on the pod network, and one on its node's network."""
    image = site.kubectl("-n", "models", "get", "deployment/gateway", "-o", "jsonpath={..image}").strip()
    level = {"pod-security.kubernetes.io/enforce": "privileged"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": level}}
    for item in (
        namespace,
        pod("plain", image, host_network=False),
        pod("host", image, host_network=True),
    ):
        process.run(["kubectl", "apply", "-f", "-"], timeout=60, environment=site.environment(), stdin=json.dumps(item))
    site.kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=90s")
    yield
    site.kubectl("delete", "namespace", NAMESPACE, "--wait=true")


@pytest.fixture(scope="module")
def world(site: support.TestSite) -> Iterator[outside.Outside]:
    """Run a host outside, and answer on it and on this host's end of the lab's network."""
    made = outside.Outside(_lab(site.site))
    try:
        made.build(["gpu1"])
        with outside.answering(made.namespace, made.addresses), outside.answering(None, [_own(site)]):
            yield made
    finally:
        made.remove()


@pytest.mark.usefixtures("pods")
def test_a_pod_reaches_no_outside_host_by_any_protocol(site: support.TestSite, world: outside.Outside) -> None:
    four = outside.targets(world.addresses[:1])
    back = site.kubectl("get", "node/gpu1", "-o", "jsonpath={.spec.podCIDR}").strip()
    with outside.opened(world.lab, f"{back} via {site.site.node('gpu1').address}"):
        assert _eventually(site, "plain", four), "the probe must be able to reach it"
    assert _reached(site, "plain", [*world.targets(), *outside.targets([_own(site)])]) == []


@pytest.mark.usefixtures("pods")
def test_a_pod_on_its_nodes_network_reaches_no_more(site: support.TestSite, world: outside.Outside) -> None:
    everything = [*world.targets(), *outside.targets([_own(site)])]
    with outside.opened(world.lab):
        assert _eventually(site, "host", everything), "the probe must be able to reach it"
    assert _reached(site, "host", everything) == []


@pytest.mark.usefixtures("pods", "world")
def test_a_name_of_the_outside_is_answered_by_nobody(site: support.TestSite) -> None:
    script = "import socket; socket.getaddrinfo('outside.example', 443)"
    command = ["kubectl", "-n", NAMESPACE, "exec", "plain", "--", "python3", "-c", script]
    refused = process.run(command, timeout=60, environment=site.environment(), expect=(1,))
    assert "gaierror" in refused.stderr


def _lab(site: model.Site) -> lab_support.Lab:
    assert site.network.subnet is not None
    return lab_support.Lab(site.name, site.network.subnet, Path("/nonexistent"))


def _own(site: support.TestSite) -> str:
    """Return this host's end of the lab's network."""
    assert site.site.network.subnet is not None
    return str(site.site.network.subnet[1])


def _probe(site: support.TestSite, name: str, targets: Sequence[outside.Target]) -> dict[outside.Target, bool]:
    text = Path(outside.__file__).with_name("probe.py").read_text()
    command = ["kubectl", "-n", NAMESPACE, "exec", "-i", name, "--", "python3", "-", json.dumps(targets)]
    answer = process.run(command, timeout=60, environment=site.environment(), stdin=text)
    return dict(zip(targets, json.loads(answer.stdout), strict=True))


def _reached(site: support.TestSite, name: str, targets: Sequence[outside.Target]) -> list[outside.Target]:
    return [target for target, answered in _probe(site, name, targets).items() if answered]


def _eventually(site: support.TestSite, name: str, targets: Sequence[outside.Target]) -> bool:
    """Tell whether all targets answer within 20 s: the first packets after a change may find an old neighbour entry."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if all(_probe(site, name, targets).values()):
            return True
    return False
