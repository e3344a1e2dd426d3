"""A second run changes nothing, by whichever door it comes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import site as support

pytestmark = pytest.mark.e2e


def test_a_second_site_up_runs_no_ansible_and_changes_nothing(site: support.TestSite) -> None:
    before = site.runs()
    completed = site.up()
    assert "unchanged" in completed.stdout
    assert "Paris" in completed.stdout
    assert site.runs() == before


def test_plain_pulumi_sees_no_change(site: support.TestSite) -> None:
    site.pulumi("preview", "--expect-no-changes")


def test_a_second_ansible_run_changes_nothing_on_any_host(site: support.TestSite) -> None:
    recap = _recap(site.playbook())
    assert set(recap) >= {"infra1", "cp1", "gpu1"}
    assert {host: counts["changed"] for host, counts in recap.items()} == dict.fromkeys(recap, 0)
    assert {host: counts["failures"] + counts["unreachable"] for host, counts in recap.items()} == dict.fromkeys(
        recap, 0
    )


def _recap(result: dict[str, object]) -> dict[str, dict[str, int]]:
    stats: Any = result["stats"]
    return dict(stats)
