"""NetworkPolicies are enforced: an open baseline first, then default deny, then the named exception."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from ops.adapters import haproxy, process, ssh
from ops.nodes.site_nodes import SiteNodes
from ops.spec import access
from tests.support import site as support

pytestmark = pytest.mark.e2e

NAMESPACE = "policy-test"
SERVER = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=8080)"
CLIENT = "import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=2)"


def pod(name: str, image: str, *command: str) -> dict[str, object]:
    """Return a pod of the test."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "automountServiceAccountToken": False,
            "tolerations": [{"operator": "Exists"}],
            "containers": [{"name": "c", "image": image, "command": list(command), "workingDir": "/opt"}],
        },
    }


def policy(name: str, spec: dict[str, object]) -> dict[str, object]:
    """Return a NetworkPolicy of the test."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": spec,
    }


DENY = policy("deny", {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})
ALLOW = policy(
    "allow",
    {
        "podSelector": {"matchLabels": {"app": "server"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "friend"}}}]}],
    },
)
ALLOW_OUT = policy(
    "allow-out",
    {"podSelector": {"matchLabels": {"app": "friend"}}, "policyTypes": ["Egress"], "egress": [{}]},
)


def apply(site: support.TestSite, *items: dict[str, object]) -> None:
    """Apply objects as the operator."""
    for item in items:
        process.run(["kubectl", "apply", "-f", "-"], timeout=60, environment=site.environment(), stdin=json.dumps(item))


@pytest.fixture(scope="module")
def address(site: support.TestSite) -> Iterator[str]:
    """Yield the address of a server pod, with two clients beside it."""
    image = site.kubectl("-n", "models", "get", "deployment/gateway", "-o", "jsonpath={..image}").strip()
    apply(site, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    apply(site, pod("server", image, "python3", "-c", SERVER))
    for name in ("friend", "stranger"):
        apply(site, pod(name, image, "sleep", "3600"))
    site.kubectl("-n", NAMESPACE, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=90s")
    yield site.kubectl("-n", NAMESPACE, "get", "pod/server", "-o", "jsonpath={.status.podIP}")
    site.kubectl("delete", "namespace", NAMESPACE, "--wait=true")


def reaches(site: support.TestSite, client: str, address: str) -> bool:
    """Return whether a client pod gets an answer from the server."""
    command = ["kubectl", "-n", NAMESPACE, "exec", client, "--", "python3", "-c", CLIENT, f"http://{address}:8080/"]
    return process.run(command, timeout=30, environment=site.environment(), expect=(0, 1)).returncode == 0


def becomes(site: support.TestSite, client: str, address: str, wanted: bool) -> bool:
    """Poll the traffic itself until it is as wanted, for at most 30 s."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if reaches(site, client, address) is wanted:
            return True
    return False


def test_default_deny_closes_an_open_baseline_and_an_exception_opens_it(site: support.TestSite, address: str) -> None:
    assert becomes(site, "friend", address, True), "the open baseline does not answer"
    assert becomes(site, "stranger", address, True), "the open baseline does not answer"
    apply(site, DENY)
    assert becomes(site, "friend", address, False)
    assert becomes(site, "stranger", address, False)
    apply(site, ALLOW, ALLOW_OUT)
    assert becomes(site, "friend", address, True)
    assert not reaches(site, "stranger", address)


def test_only_the_gateway_reaches_triton(site: support.TestSite, address: str) -> None:
    assert address
    triton = site.kubectl(
        "-n", "models", "get", "pod", "-l", "app.kubernetes.io/name=triton", "-o", "jsonpath={.items[0].status.podIP}"
    )
    url = f"http://{triton}:8000/v2/health/live"
    probe = ["python3", "-c", CLIENT, url]
    gateway = ["kubectl", "-n", "models", "exec", "deployment/gateway", "--", *probe]
    process.run(gateway, timeout=30, environment=site.environment())
    stranger = ["kubectl", "-n", NAMESPACE, "exec", "friend", "--", *probe]
    process.run(stranger, timeout=30, environment=site.environment(), expect=(1,))


def test_a_node_takes_no_requests_while_the_load_balancer_diverts_them(site: support.TestSite) -> None:
    nodes, balancer = SiteNodes(site.site), f"{site.site.access.user}@{site.site.node('infra1').address}"
    options = ssh.options(access.known_hosts(site.site), access.private_key(site.site))
    said: list[str] = []
    try:
        nodes.divert("gpu1", 60, said.append, time.sleep)
        assert {item.name: item.status for item in haproxy.servers(balancer, options)} == {"cp1": "UP", "gpu1": "DRAIN"}
    finally:
        nodes.admit("gpu1")
    assert said == ["no request comes in by gpu1"]
    deadline = time.monotonic() + 30
    while {item.status for item in haproxy.servers(balancer, options)} != {"UP"}:
        assert time.monotonic() < deadline
        time.sleep(0.5)
