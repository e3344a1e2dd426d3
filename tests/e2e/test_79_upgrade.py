"""The grown site under load: an upgrade of containerd, killed twice, and a worker that leaves for good lose nothing."""

from __future__ import annotations

import pytest

from ops.lab import machine, spec
from tests.e2e.test_78_growth import GPU2
from tests.e2e_pair import maintenance
from tests.support import load as load_support
from tests.support import site as support

pytestmark = pytest.mark.e2e

PAUSE = 2.0
"""Seconds that each client waits after an answer, to leave the processors to the upgrade; `tests/e2e_pair` asks on."""
FEW = 2
"""Clients, one that keeps its connection and one that does not; `tests/e2e_pair` has eight."""


def test_two_kills_of_an_upgrade_and_the_same_command_again(site: support.TestSite) -> None:
    pair = support.derive(site.path.parent, "lab", site.site.name, [GPU2], replicas=2)
    maintenance.upgrade_killed_twice(pair, maintenance.NEW, FEW, pause=PAUSE, names=("gpu1", "gpu2"))


@pytest.mark.soak
def test_a_worker_that_is_taken_out_of_the_spec_leaves_without_a_loss(site: support.TestSite) -> None:
    support.derive(site.path.parent, "lab", site.site.name, [GPU2], replicas=2).up()
    shrunk = support.derive(site.path.parent, "lab", site.site.name, replicas=2)
    load = load_support.Load(shrunk.environment(), FEW, pause=PAUSE)
    with load.running():
        shrunk.up()
    maintenance.whole(load)
    assert [node["metadata"]["name"] for node in maintenance.nodes(shrunk)] == ["cp1", "gpu1"]
    assert machine.status(shrunk.site.name, "gpu2") is spec.Status.ABSENT
