"""Tell Prometheus what should happen how often, so that what never ran is seen."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import time

from ops import errors
from ops.adapters import files, process
from ops.recovery import drills, metrics
from ops.recovery.home import Home
from ops.recovery.metrics import Sample

_ITERATIONS = 15
"""Enough to see every gap of a calendar expression that names days of the week twice over."""
_UTC = re.compile(r"\(in UTC\): \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)|: \w+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
_SINCE = "declared.json"


def declare(home: Home, *, backup_every: float, sweep: str, sweep_parts: int, drills_every: float) -> dict[str, object]:
    """Write the declaration's series, and return whether anything in it is new.

    The moment of the declaration is that of its last change: a run that changes nothing makes nothing look younger.
    """
    sweep_every = longest_gap(sweep) * (sweep_parts + 1)
    scenarios = sorted(item.scenario for item in drills.SCENARIOS if item.safe)
    expected = {"backup": backup_every, "sweep": sweep_every, "drills": drills_every, "scenarios": scenarios}
    path = home.state / _SINCE
    known = json.loads(path.read_text()) if path.exists() else {}
    changed = known.get("expected") != expected or not (home.metrics / "sitewright-declared.prom").exists()
    since = time.time() if known.get("expected") != expected else float(known["since"])
    home.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.write_whole(path, json.dumps({"expected": expected, "since": since}).encode())
    samples = [
        Sample("sitewright_recovery_declared_timestamp_seconds", since),
        Sample("sitewright_backup_expected_interval_seconds", backup_every),
        Sample("sitewright_sweep_expected_interval_seconds", sweep_every),
    ]
    samples += [
        Sample("sitewright_drill_expected_interval_seconds", drills_every, {"scenario": name}) for name in scenarios
    ]
    metrics.write(home.metrics, "declared", samples)
    return {"changed": changed, **expected}


def longest_gap(calendar: str) -> float:
    """Return the longest time in seconds between two moments of a calendar expression, as systemd reads it.

    Raise SpecError when it names fewer than two moments.
    """
    argv = ["systemd-analyze", "calendar", f"--iterations={_ITERATIONS}", calendar]
    said = process.run(argv, timeout=30, expect=(0, 1))
    moments = [
        datetime.datetime.fromisoformat(local or utc).replace(tzinfo=datetime.UTC)
        for local, utc in _UTC.findall(said.stdout)
    ]
    gaps = [(late - early).total_seconds() for early, late in itertools.pairwise(sorted(set(moments)))]
    if not gaps:
        raise errors.SpecError(
            f"'{calendar}' is no calendar expression that comes again: {said.stderr.strip() or 'it comes once'}",
            where="recovery in the spec",
            mend="write one as in systemd.time(7), such as '*-*-* 04:15:00'",
        )
    return max(gaps)
