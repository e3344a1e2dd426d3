"""Newer packages by a new repository, one machine after the other; and back to the ones before where they break it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e_pair import maintenance
from tests.e2e_pair.maintenance import CLIENTS, whole
from tests.support import load as support_load
from tests.support import patches
from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

DEPLOY = 4
LIMIT = ("--limit", "gpu1,gpu2")
GOOD, BETTER, BAD = "9990.1", "9990.2", "9990.3"
MOMENTS = (
    "gpu1 is cordoned",
    "evicted models/",
    "Install the newer packages",
    "Start the machine again",
    "asking a pod of smollm2 on",
    "is in service",
)
"""What a patch says at the steps at which a run may be killed."""
BREAKS = {"etc/systemd/system/containerd.service.d/50-test.conf": "[Service]\nExecStartPre=/bin/false\n"}


@pytest.fixture(scope="module", autouse=True)
def own_repository(pair: support.TestSite) -> Iterator[None]:
    """Bring the bundle's own repository back at the end."""
    yield
    patches.restore(pair)


def version(pair: support.TestSite, node: str) -> str:
    """Return which version of the package a node has."""
    return pair.ssh(node, "dpkg-query", "--show", "--showformat", "${Version}", patches.PACKAGE).stdout


def test_newer_packages_are_installed_without_a_loss(pair: support.TestSite, tmp_path: Path) -> None:
    patches.publish(pair, tmp_path, GOOD, {})
    load = support_load.Load(pair.environment(), CLIENTS)
    with load.running():
        code, text = maintenance.run(pair, "os_patch", *LIMIT)
    assert code == 0, text
    assert f"{patches.PACKAGE} " in text
    assert f"=> {GOOD}" in text
    assert [version(pair, node) for node in ("gpu1", "gpu2")] == [GOOD, GOOD]
    assert maintenance.cordoned(pair) == []
    whole(load)
    assert "0 of 2 nodes" in maintenance.run(pair, "os_patch", *LIMIT)[1]


def test_two_kills_and_the_same_command_patch_without_a_loss(pair: support.TestSite, tmp_path: Path) -> None:
    patches.publish(pair, tmp_path, BETTER, {})
    load = support_load.Load(pair.environment(), CLIENTS)
    maintenance.killed_twice(pair, load, MOMENTS, "os_patch", *LIMIT)
    assert [version(pair, node) for node in ("gpu1", "gpu2")] == [BETTER, BETTER]


def test_a_node_that_newer_packages_break_gets_the_ones_before(pair: support.TestSite, tmp_path: Path) -> None:
    patches.publish(pair, tmp_path, BAD, BREAKS)
    load = support_load.Load(pair.environment(), CLIENTS)
    with load.running():
        code, text = maintenance.run(pair, "os_patch", *LIMIT)
    assert code == DEPLOY
    assert "os_patch stopped at gpu1, step verify" in text
    assert "gpu1 runs as before and is in service" in text
    assert [version(pair, node) for node in ("gpu1", "gpu2")] == [BETTER, BETTER]
    assert maintenance.cordoned(pair) == []
    whole(load)
    sources = pair.ssh("gpu1", "ls", "/etc/apt/sources.list.d").stdout.split()
    assert sources == ["sitewright.sources"]
