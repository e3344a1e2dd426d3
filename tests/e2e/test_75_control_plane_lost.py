"""The control plane's machine is destroyed and comes back from the backup, while the workers serve on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.adapters import process
from ops.lab import machine
from tests.e2e.test_78_growth import GPU2
from tests.support import site as support

pytestmark = pytest.mark.e2e

WANTED_SECONDS = 180.0
"""Longest recovery time from the drill's begin to the same answers."""


def test_it_is_refused_without_the_word_for_it(site: support.TestSite) -> None:
    words: list[str | Path] = [support.SITEWRIGHT, "drill", "run", "control-plane-lost", site.path]
    refused = process.run(words, timeout=60, expect=(10,))
    assert "nothing was changed" in refused.stderr


def lose(site: support.TestSite) -> Any:
    """Run the drill from the newest recovery point and return its document."""
    words = ("drill", "run", "control-plane-lost", site.path, "--destroys-control-plane", "--json")
    return json.loads(process.run([support.SITEWRIGHT, *words], timeout=1800, expect=range(256)).stdout)


def test_a_lost_control_plane_comes_back_and_the_workers_serve_on(site: support.TestSite) -> None:
    site.back_up()
    seen = lose(site)
    assert (seen["verdict"], seen["reasons"]) == ("pass", [])
    assert seen["environment"]["lost_node"] == "cp1"
    assert int(seen["environment"]["requests_served"]) > 0
    assert site.kubectl("get", "nodes", "--no-headers").count(" Ready ") == len(site.site.nodes) - 1


@pytest.mark.soak
def test_what_has_happened_since_the_backup_is_made_good(site: support.TestSite) -> None:
    """Pods that started again have other addresses than the backup knows, and a node has joined since."""
    site.back_up()
    grown = support.derive(site.path.parent, "lab", site.site.name, [GPU2])
    grown.up()
    machine.power_cut(site.site.name, "gpu1")
    assert "Paris" in grown.up().stdout
    seen = lose(grown)
    assert seen["measured"]["rto_s"] < WANTED_SECONDS
    assert "Paris" in grown.up().stdout
    assert grown.kubectl("get", "nodes", "--no-headers").count(" Ready ") == len(grown.site.nodes) - 1
    assert "Paris" in support.derive(site.path.parent, "lab", site.site.name).up().stdout


def test_the_playbook_leaves_a_restored_control_plane_alone(site: support.TestSite) -> None:
    point = site.ssh("cp1", "cat", "/etc/kubernetes/restored").stdout.strip()
    words = ["ansible-playbook", "-i", str(site.path), "playbooks/restore_control_plane.yml"]
    process.run([*words, "-e", f"recovery_point={point}"], timeout=900, environment=site.environment())
    assert site.kubectl("get", "nodes", "--no-headers").count(" Ready ") == len(site.site.nodes) - 1
