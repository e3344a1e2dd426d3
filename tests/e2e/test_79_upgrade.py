"""Maintenance on the grown site: an upgrade of containerd under load, killed twice at seeded steps, loses nothing."""

from __future__ import annotations

import pytest

from tests.e2e.test_78_growth import GPU2
from tests.e2e_pair import maintenance
from tests.support import site as support

pytestmark = pytest.mark.e2e

PAUSE = 2.0
"""Seconds that each client waits after an answer, to leave the processors to the upgrade; `tests/e2e_pair` asks on."""


def test_two_kills_of_an_upgrade_and_the_same_command_again(site: support.TestSite) -> None:
    pair = support.derive(site.path.parent, "lab", site.site.name, [GPU2], replicas=2)
    pair.up()
    maintenance.upgrade_killed_twice(pair, maintenance.NEW, pause=PAUSE)
