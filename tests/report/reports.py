"""Made reports of a site, for the tests of its page."""

from __future__ import annotations

import math

from ops import errors
from ops.actions import report, status

END = 1_795_000_000.0
START = END - 6 * 3600
_NODE = {"up": 1.0, "memory_free": 0.53, "disk_free": 0.41, "load": 2.13}


def curve(name: str, height: float, *, gap: bool = False) -> report.Curve:
    """Return a wavy line with a point every 90 s; with `gap` its middle third is missing."""
    points = ((START + index * 90.0, height * (1.2 + math.sin(index / 9))) for index in range(241))
    kept = tuple(point for index, point in enumerate(points) if not gap or not 80 <= index < 160)
    return report.Curve(name, kept)


def well() -> report.SiteReport:
    """Return a report of a site that is well."""
    return report.SiteReport(
        status=status.SiteStatus(
            site="lab",
            url="https://192.0.2.11/v1",
            nodes=(
                status.NodeStatus("infra1", ("infra",), "running", None),
                status.NodeStatus("cp1", ("control_plane",), "running", True),
                status.NodeStatus("gpu1", ("worker",), "running", True),
            ),
            models=(status.ModelStatus("smollm2", True),),
            last_answer=None,
            problems=(),
        ),
        start=START,
        end=END,
        charts=(
            report.Chart("Tokens per second", "Tokens.", "per second", 90, (curve("smollm2", 40),)),
            report.Chart(
                "Time to the first token",
                "How long.",
                "seconds",
                90,
                (curve("half (p50)", 0.08, gap=True), curve("one in a hundred (p99)", 0.4, gap=True)),
            ),
            report.Chart("Requests per second", "Requests.", "per second", 90, ()),
        ),
        alerts=(),
        targets=(report.Targets("node", 3, 3), report.Targets("triton", 1, 1)),
        nodes=dict.fromkeys(("infra1", "cp1", "gpu1"), _NODE),
        models={"smollm2": {"declared": 1.0, "running": 1.0, "answers": 1.0, "tokens": 123_456.0}},
        recovery={
            "declared": START,
            "backup_last_success": END - 7000,
            "backup_expected_interval": 93_600.0,
            "skew": 12.0,
            "unknown_keys": 0.0,
            "sweep_expected_interval": 700_000.0,
        },
        drills={
            "model-restore": {
                "expected_interval": 700_000.0,
                "last_run": END - 9000,
                "verdict": 1.0,
                "rto_objective": 600.0,
                "rto_measured": 74.0,
            },
            "control-plane-restore": {"expected_interval": 700_000.0},
        },
    )


def ill() -> report.SiteReport:
    """Return a report of a site with a lost node, in words that a page must not take for its own."""
    found = well()
    return report.SiteReport(
        **{
            **found.__dict__,
            "status": status.SiteStatus(
                **{
                    **found.status.__dict__,
                    "problems": (errors.UnreachableError("node <gpu1> is not ready", where="lab", mend="look at it"),),
                }
            ),
            "alerts": (
                report.Alert(
                    *("NodeLost", "critical", "firing", "Node gpu1 does not answer"),
                    *("2026-11-24T10:00:00Z", "docs/runbooks/node-lost.md"),
                ),
                report.Alert(
                    *("DiskFilling", "warning", "pending", "/ of node cp1 has 9 % left"),
                    *("2026-11-24T10:00:00Z", "docs/runbooks/disk-filling.md"),
                ),
            ),
            "drills": {"model-restore": {"verdict": 0.0, "last_run": END - 100.0}},
            "recovery": {},
        }
    )
