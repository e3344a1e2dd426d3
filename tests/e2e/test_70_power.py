"""A machine that lost its power is noticed by the same command and brought back."""

from __future__ import annotations

import pytest

from ops.lab import machine, spec
from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_a_worker_that_lost_power_is_started_again_and_answers(site: support.TestSite) -> None:
    machine.power_cut(site.site.name, "gpu1")
    assert machine.status(site.site.name, "gpu1") is not spec.Status.RUNNING
    assert "Paris" in site.up().stdout
    assert machine.status(site.site.name, "gpu1") is spec.Status.RUNNING
