"""The expressions of the site's page. A test asks a running site for every metric in them."""

from __future__ import annotations

import dataclasses
import enum


class Unit(enum.StrEnum):
    """What a chart's numbers are."""

    PER_SECOND = "per second"
    SECONDS = "seconds"
    COUNT = "count"


@dataclasses.dataclass(frozen=True)
class Curve:
    """One expression of a chart; `label` names the label that tells its series apart, else `name` is used."""

    expression: str
    """`WINDOW` in it stands for the time over which rates are taken."""
    name: str
    label: str | None = None


@dataclasses.dataclass(frozen=True)
class Chart:
    """One picture of the page."""

    title: str
    meaning: str
    unit: Unit
    curves: tuple[Curve, ...]


def _first_token(quantile: float) -> str:
    buckets = "sum by (le) (rate(sitewright_gateway_time_to_first_token_seconds_bucket[WINDOW]))"
    return f"histogram_quantile({quantile}, {buckets})"


CHARTS = (
    Chart(
        "Tokens per second",
        "Tokens of answers that clients got, by model.",
        Unit.PER_SECOND,
        (Curve('sum by (model) (rate(sitewright_gateway_tokens_total{kind="generated"}[WINDOW]))', "tokens", "model"),),
    ),
    Chart(
        "Time to the first token",
        "How long clients wait until text begins: half of all requests, and one in a hundred. No line: no requests.",
        Unit.SECONDS,
        (Curve(_first_token(0.5), "half (p50)"), Curve(_first_token(0.99), "one in a hundred (p99)")),
    ),
    Chart(
        "Requests per second",
        "Requests that ended, by what came of them; health checks do not count.",
        Unit.PER_SECOND,
        (
            Curve('sum(rate(sitewright_gateway_requests_total{status=~"2.."}[WINDOW]))', "answered"),
            Curve('sum(rate(sitewright_gateway_requests_total{status=~"4.."}[WINDOW]))', "refused or left"),
            Curve('sum(rate(sitewright_gateway_requests_total{status=~"5.."}[WINDOW]))', "failed"),
        ),
    ),
    Chart(
        "Requests in the engines",
        "Requests that are computed now, and requests that wait for a slot.",
        Unit.COUNT,
        (
            Curve('sum({__name__="vllm:num_requests_running"})', "computed"),
            Curve('sum({__name__="vllm:num_requests_waiting"})', "waiting"),
        ),
    ),
)

DISK = 'node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes{mountpoint="/"}'

NODES = {
    "up": 'max by (node) (up{job="node"})',
    "memory_free": "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes",
    "disk_free": DISK,
    "load": "node_load5",
}
"""One value a node, by its label `node`."""

MODELS = {
    "declared": "max by (model) (sitewright_gateway_declared_replicas)",
    "running": 'count by (serves) (up{job="triton"} == 1)',
    "answers": "max by (model) (sitewright_gateway_model_ready)",
    "tokens": 'sum by (model) (increase(sitewright_gateway_tokens_total{kind="generated"}[RANGE]))',
}
"""One value a model, by its label `model` or `serves`; `RANGE` stands for the time that the page shows."""

RECOVERY = {
    "declared": "sitewright_recovery_declared_timestamp_seconds",
    "backup_last_success": "sitewright_backup_last_success_timestamp_seconds",
    "backup_expected_interval": "sitewright_backup_expected_interval_seconds",
    "skew": "sitewright_recovery_point_skew_seconds",
    "unknown_keys": "sitewright_repository_unknown_keys",
    "sweep_covered": "sitewright_sweep_covered_timestamp_seconds",
    "sweep_expected_interval": "sitewright_sweep_expected_interval_seconds",
}
"""One value each."""

DRILLS = {
    "expected_interval": "sitewright_drill_expected_interval_seconds",
    "last_run": "sitewright_drill_last_run_timestamp_seconds",
    "verdict": "sitewright_drill_verdict",
    "rto_objective": 'sitewright_drill_seconds{kind="rto", of="objective"}',
    "rto_measured": 'sitewright_drill_seconds{kind="rto", of="measured"}',
}
"""One value a drill, by its label `scenario`."""


def expressions() -> tuple[str, ...]:
    """Return every expression of the page, with usual times filled in."""
    curves = [curve.expression for chart in CHARTS for curve in chart.curves]
    tables = [*NODES.values(), *MODELS.values(), *RECOVERY.values(), *DRILLS.values()]
    return tuple(text.replace("WINDOW", "2m").replace("RANGE", "6h") for text in curves + tables)
