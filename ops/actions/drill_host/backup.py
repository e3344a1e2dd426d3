"""Make a recovery point, and tell Prometheus how it went whether it went well or not."""

from __future__ import annotations

import time
from collections.abc import Callable

from ops.recovery import backup as library
from ops.recovery import metrics
from ops.recovery.home import Home
from ops.recovery.metrics import Sample

_LAST_RUN = "sitewright_backup_last_run_timestamp_seconds"


def backup(home: Home, say: Callable[[str], None], *, wait: float = 0.0) -> dict[str, object]:
    """Make a recovery point and return what is known of it. `wait` is how many seconds another run may go on."""
    with home.hold(wait):
        metrics.write(home.metrics, "backup-run", [Sample(_LAST_RUN, time.time())])
        made = library.make(home, say)
        point = made.point
        samples = [
            Sample("sitewright_backup_last_success_timestamp_seconds", point.started.timestamp()),
            Sample("sitewright_recovery_point_skew_seconds", point.skew_s),
            Sample("sitewright_recovery_point_golden_sets", len(point.golden)),
        ]
        samples += [
            Sample("sitewright_recovery_point_bytes", member.size, {"member": member.kind}) for member in point.members
        ]
        metrics.write(home.metrics, "backup", samples)
    return {
        "recovery_point": point.id,
        "manifest": str(made.manifest),
        "skew_s": point.skew_s,
        "seconds": round((point.ended - point.started).total_seconds(), 3),
        "members": {member.kind: {"files": len(member.files), "bytes": member.size} for member in point.members},
        "golden": {item.model: {"questions": len(item.questions), "runs": item.runs} for item in point.golden},
        "notes": list(made.notes),
    }
