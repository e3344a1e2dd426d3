"""What should happen how often, as Prometheus reads it; calendars are read by systemd itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.actions.drill_host import declare
from ops.recovery.home import Home

DAY = 86_400.0


@pytest.mark.parametrize(
    ("calendar", "gap"),
    [("*-*-* 04:15:00", DAY), ("Sat *-*-* 05:00:00", 7 * DAY), ("Mon,Tue *-*-* 01:00:00", 6 * DAY), ("hourly", 3600.0)],
)
def test_the_longest_gap_of_a_calendar_is_what_may_pass(calendar: str, gap: float) -> None:
    assert declare.longest_gap(calendar) == gap


@pytest.mark.parametrize("calendar", ["2020-01-01 00:00:00", "no calendar"])
def test_a_calendar_that_does_not_come_again_is_refused(calendar: str) -> None:
    with pytest.raises(errors.SpecError, match="comes again"):
        declare.longest_gap(calendar)


def test_a_declaration_keeps_its_moment_until_it_changes(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path / "metrics")

    def once(days: float) -> tuple[object, str]:
        made = declare.declare(home, backup_every=DAY, sweep="*-*-* 04:15:00", sweep_parts=7, drills_every=days * DAY)
        return made["changed"], (home.metrics / "sitewright-declared.prom").read_text()

    changed, first = once(8)
    assert changed
    assert "sitewright_sweep_expected_interval_seconds 691200.0" in first
    assert once(8) == (False, first)
    changed, other = once(9)
    assert changed
    assert other != first
