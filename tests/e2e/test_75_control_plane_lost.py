"""The control plane's machine is destroyed and comes back from the backup, while the workers serve on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.adapters import process
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_it_is_refused_without_the_word_for_it(site: support.TestSite) -> None:
    words: list[str | Path] = [support.SITEWRIGHT, "drill", "run", "control-plane-lost", site.path]
    refused = process.run(words, timeout=60, expect=(10,))
    assert "nothing was changed" in refused.stderr


def test_a_lost_control_plane_comes_back_and_the_workers_serve_on(backed_up: support.TestSite) -> None:
    site = backed_up  # what has happened since is not in the backup, as on the day of a real loss
    words: list[str | Path] = [
        support.SITEWRIGHT,
        "drill",
        "run",
        "control-plane-lost",
        site.path,
        "--destroys-control-plane",
        "--json",
    ]
    seen = json.loads(process.run(words, timeout=1800, expect=range(256)).stdout)
    assert (seen["verdict"], seen["reasons"]) == ("pass", [])
    assert seen["environment"]["lost_node"] == "cp1"
    assert int(seen["environment"]["requests_served"]) > 0
    assert site.kubectl("get", "nodes", "--no-headers").count(" Ready ") == len(site.site.nodes) - 1


def test_the_playbook_leaves_a_restored_control_plane_alone(site: support.TestSite) -> None:
    point = site.ssh("cp1", "cat", "/etc/kubernetes/restored").stdout.strip()
    words = ["ansible-playbook", "-i", str(site.path), "playbooks/restore_control_plane.yml"]
    process.run([*words, "-e", f"recovery_point={point}"], timeout=900, environment=site.environment())
    assert site.kubectl("get", "nodes", "--no-headers").count(" Ready ") == len(site.site.nodes) - 1
