"""Read one part of the repository, tell Prometheus since when all was read, and remove what is kept no longer."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from ops.recovery import metrics, reading, retention
from ops.recovery.home import Home
from ops.recovery.metrics import Sample

_LAST_RUN = "sitewright_sweep_last_run_timestamp_seconds"


def sweep(home: Home, say: Callable[[str], None], *, wait: float = 0.0) -> dict[str, object]:
    """Read the part that was read longest ago, then remove what is too old; return what is known of the whole.

    A damaged part ends it before anything is removed.
    """
    with home.hold(wait):
        metrics.write(home.metrics, "sweep-run", [Sample(_LAST_RUN, time.time())])
        read = reading.read_next(home, say)
        samples = [
            Sample("sitewright_sweep_last_success_timestamp_seconds", time.time()),
            Sample("sitewright_repository_unknown_keys", len(read.unknown_keys)),
        ]
        if read.covered_since is not None:
            samples.append(Sample("sitewright_sweep_covered_timestamp_seconds", read.covered_since.timestamp()))
        metrics.write(home.metrics, "sweep", samples)
        removed = retention.apply(home, datetime.datetime.now(datetime.UTC), say)
    return {
        "part": read.part.number,
        "of": read.part.of,
        "covered_since": read.covered_since.isoformat() if read.covered_since else None,
        "unknown_keys": list(read.unknown_keys),
        "removed_points": list(removed.points),
        "removed_snapshots": len(removed.snapshots),
    }
