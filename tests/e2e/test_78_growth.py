"""A worker of another Debian is added, and a replica for it: it joins and serves, and no other node is logged in to."""

from __future__ import annotations

import json

import pytest

from ops.plan import recovery
from tests.support import site as support

pytestmark = pytest.mark.e2e

GPU2: dict[str, object] = {"name": "gpu2", "roles": ["worker"], "debian": "bookworm"}


def test_one_more_worker_touches_no_other_node(site: support.TestSite) -> None:
    logins = {node.name: site.logins(node.name) for node in site.site.nodes}
    grown = support.derive(site.path.parent, "lab", site.site.name, [GPU2], replicas=2)
    grown.up()
    # looking costs one login of our own on each node; the drill host is given the new spec for its backups
    own = {name: 2 if name == recovery.drill_host(site.site).name else 1 for name in logins}
    assert {name: grown.logins(name) for name in logins} == {name: logins[name] + own[name] for name in logins}
    nodes = json.loads(grown.kubectl("get", "nodes", "-o", "json"))["items"]
    ready = {
        item["metadata"]["name"]: next(c["status"] for c in item["status"]["conditions"] if c["type"] == "Ready")
        for item in nodes
    }
    assert ready == {"cp1": "True", "gpu1": "True", "gpu2": "True"}
    image = next(item for item in nodes if item["metadata"]["name"] == "gpu2")["status"]["nodeInfo"]["osImage"]
    assert "12" in image
    pods = json.loads(grown.kubectl("-n", "models", "get", "pods", "-l", "app.kubernetes.io/name=triton", "-o", "json"))
    assert {pod["spec"]["nodeName"] for pod in pods["items"]} == {"gpu1", "gpu2"}
