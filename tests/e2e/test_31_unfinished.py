"""A run that was broken off before its handlers leaves a mark, and the next one calls them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import site as support

pytestmark = pytest.mark.e2e

MARK = "/run/sitewright-platform"


def started(site: support.TestSite) -> str:
    """Return when the registry was started."""
    return site.ssh("infra1", "systemctl", "show", "--property=ActiveEnterTimestamp", "docker-registry.service").stdout


def test_the_next_run_tells_the_services(site: support.TestSite) -> None:
    before = started(site)
    assert site.ssh("infra1", "touch", MARK).returncode == 0
    predicted: Any = site.playbook("--check", "--limit", "infra1")["stats"]
    assert predicted["infra1"]["changed"] > 0
    site.playbook("--limit", "infra1")
    assert started(site) != before
    assert site.ssh("infra1", "test", "-e", MARK).returncode == 1
    after: Any = site.playbook("--limit", "infra1")["stats"]
    assert after["infra1"]["changed"] == 0
