"""The drills of a site, one file each. A drill is listed here, and nowhere else."""

from __future__ import annotations

from ops.recovery.setting import Scenario

SCENARIOS: tuple[Scenario, ...] = ()
