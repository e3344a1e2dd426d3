"""Gather what one page says of a site: its status, and what Prometheus has measured."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping

from ops import errors, spec
from ops.actions import prepare, status
from ops.adapters import prometheus
from ops.plan import endpoints
from ops.plan.monitoring import queries
from ops.spec import locate

_TIMEOUT_SECONDS = 20.0
_POINTS = 240
"""Points of a chart: about as many as its width has room for."""
_SHORTEST_STEP = 15
"""Seconds between two scrapes."""
_RATE_STEPS = 4
"""A rate over fewer scrapes has gaps when one fails."""

Values = Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Curve:
    """One named line of a chart."""

    name: str
    points: tuple[tuple[float, float], ...]
    """Unix time and value."""


@dataclasses.dataclass(frozen=True)
class Chart:
    """One chart; moments without a point are gaps."""

    title: str
    meaning: str
    unit: str
    step: float
    """Seconds between two points."""
    curves: tuple[Curve, ...]


@dataclasses.dataclass(frozen=True)
class Alert:
    """One alert that fires or is about to."""

    name: str
    severity: str
    state: str
    summary: str
    since: str
    runbook: str


@dataclasses.dataclass(frozen=True)
class Targets:
    """How many pages of one kind Prometheus reads."""

    job: str
    up: int
    known: int


@dataclasses.dataclass(frozen=True)
class SiteReport:
    """Everything on the page."""

    status: status.SiteStatus
    start: float
    """Unix time at which the charts begin."""
    end: float
    charts: tuple[Chart, ...]
    alerts: tuple[Alert, ...]
    targets: tuple[Targets, ...]
    nodes: Mapping[str, Values]
    """Node, then what is measured of it (ops.plan.monitoring.queries.NODES)."""
    models: Mapping[str, Values]
    recovery: Values
    drills: Mapping[str, Values]


def report(argument: str, hours: float) -> SiteReport:
    """Given a site's name or path, return what is known of its last hours.

    Raise UnreachableError when Prometheus does not answer.
    """
    site = spec.load(locate.resolve(argument))
    trust = prepare.workspace(site).trust
    if not trust.exists():
        raise errors.NotFoundError(
            f"site {site.name} does not exist yet", where=str(trust), mend=f"run: sitewright site up {site.name}"
        )
    with prometheus.Prometheus(endpoints.prometheus_url(site), trust, timeout=_TIMEOUT_SECONDS) as server:
        alerts = tuple(_alert(entry) for entry in server.alerts())
        return _read(server, alerts, status.status(argument), hours)


def _read(
    server: prometheus.Prometheus, alerts: tuple[Alert, ...], found: status.SiteStatus, hours: float
) -> SiteReport:
    end = datetime.datetime.now(datetime.UTC).timestamp()
    start = end - hours * 3600
    span = f"{round(hours * 3600)}s"
    recovery = {key: server.now(expression) for key, expression in queries.RECOVERY.items()}
    return SiteReport(
        status=found,
        start=start,
        end=end,
        charts=tuple(_chart(server, chart, start, end) for chart in queries.CHARTS),
        alerts=tuple(sorted(alerts, key=lambda alert: (alert.state, alert.severity, alert.name))),
        targets=_targets(server.targets()),
        nodes=_table(server, queries.NODES, ("node",), span),
        models=_table(server, queries.MODELS, ("model", "serves"), span),
        recovery={key: samples[0].value for key, samples in recovery.items() if samples},
        drills=_table(server, queries.DRILLS, ("scenario",), span),
    )


def _chart(server: prometheus.Prometheus, chart: queries.Chart, start: float, end: float) -> Chart:
    """Return a chart's lines, with as many points as it has room for."""
    step = max(_SHORTEST_STEP, round((end - start) / _POINTS))
    window = f"{max(step, _RATE_STEPS * _SHORTEST_STEP)}s"
    curves = []
    for curve in chart.curves:
        for line in server.over_time(curve.expression.replace("WINDOW", window), start, end, step):
            name = line.labels.get(curve.label, curve.name) if curve.label else curve.name
            curves.append(Curve(name, line.points))
    return Chart(chart.title, chart.meaning, chart.unit.value, step, tuple(curves))


def _table(
    server: prometheus.Prometheus, columns: Mapping[str, str], keys: tuple[str, ...], span: str
) -> dict[str, dict[str, float]]:
    """Return a row for each value of the first of the labels `keys` that a sample has."""
    rows: dict[str, dict[str, float]] = {}
    for column, expression in columns.items():
        for sample in server.now(expression.replace("RANGE", span)):
            key = next((sample.labels[name] for name in keys if name in sample.labels), "")
            rows.setdefault(key, {})[column] = sample.value
    return dict(sorted(rows.items()))


def _alert(entry: prometheus.Alert) -> Alert:
    texts = entry.annotations
    labels = entry.labels
    return Alert(
        name=labels["alertname"],
        severity=labels.get("severity", ""),
        state=entry.state,
        summary=texts.get("summary", ""),
        since=entry.since,
        runbook=texts.get("runbook", ""),
    )


def _targets(found: tuple[prometheus.Target, ...]) -> tuple[Targets, ...]:
    jobs: dict[str, list[bool]] = {}
    for target in found:
        jobs.setdefault(target.labels["job"], []).append(target.is_up)
    return tuple(Targets(job, sum(states), len(states)) for job, states in sorted(jobs.items()))
