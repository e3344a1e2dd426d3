"""The drills of a site, one file each. A drill is listed here, and nowhere else."""

from __future__ import annotations

from ops.recovery.drills import control_plane_restore, model_restore
from ops.recovery.setting import Scenario

SCENARIOS: tuple[Scenario, ...] = (control_plane_restore.SCENARIO, model_restore.SCENARIO)
"""Those that run on the drill host; all are safe on a site that serves."""
