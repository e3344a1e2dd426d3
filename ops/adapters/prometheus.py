"""Prometheus' HTTP API, for reading (prometheus.io/docs/prometheus/latest/querying/api)."""

from __future__ import annotations

import dataclasses
import math
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from ops import errors

_REFUSED = 400
"""Status of an expression that cannot be read."""


@dataclasses.dataclass(frozen=True)
class Sample:
    """One value of one series."""

    labels: Mapping[str, str]
    value: float


@dataclasses.dataclass(frozen=True)
class Line:
    """One series over time."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]
    """Unix time and value; moments without a finite value are left out."""


@dataclasses.dataclass(frozen=True)
class Alert:
    """One alert that is pending or firing."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    state: str
    since: str
    """ISO 8601, as Prometheus says it."""


@dataclasses.dataclass(frozen=True)
class Target:
    """One page that Prometheus reads."""

    labels: Mapping[str, str]
    is_up: bool
    error: str


class Prometheus:
    """A connection to one Prometheus; use it in a `with`."""

    def __init__(self, url: str, trust: Path, *, timeout: float) -> None:
        """`trust` is a file of CAs, `timeout` is in seconds."""
        self._url = url
        self._client = httpx.Client(
            verify=ssl.create_default_context(cafile=str(trust)), timeout=timeout, trust_env=False
        )

    def __enter__(self) -> Prometheus:
        """Return the connection itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._client.close()

    def now(self, expression: str) -> tuple[Sample, ...]:
        """Return the present values of an expression that gives a vector. Raise UnreachableError."""
        data = self._get("query", {"query": expression})
        found = (Sample(entry["metric"], float(entry["value"][1])) for entry in data["result"])
        return tuple(sample for sample in found if math.isfinite(sample.value))

    def over_time(self, expression: str, start: float, end: float, step: float) -> tuple[Line, ...]:
        """Return an expression's values from `start` to `end` (Unix time), one in `step` seconds."""
        data = self._get("query_range", {"query": expression, "start": start, "end": end, "step": step})
        return tuple(Line(entry["metric"], _points(entry["values"])) for entry in data["result"])

    def alerts(self) -> tuple[Alert, ...]:
        """Return the alerts that are pending or firing."""
        return tuple(
            Alert(entry["labels"], entry["annotations"], entry["state"], entry["activeAt"])
            for entry in self._get("alerts", {})["alerts"]
        )

    def targets(self) -> tuple[Target, ...]:
        """Return what Prometheus reads, and whether it can."""
        found = self._get("targets", {"state": "active"})["activeTargets"]
        return tuple(Target(entry["labels"], entry["health"] == "up", entry["lastError"]) for entry in found)

    def _get(self, page: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        try:
            response = self._client.get(f"{self._url}/api/v1/{page}", params=dict(parameters))
            if response.status_code != _REFUSED:
                response.raise_for_status()
            answer = response.json()
            if answer["status"] != "success":
                raise errors.UnreachableError(
                    f"Prometheus refuses a question: {answer['error']}",
                    where=self._url,
                    mend="report this text",
                )
            data: dict[str, Any] = answer["data"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            reason = str(error).partition("\n")[0] or type(error).__name__
            raise errors.UnreachableError(
                f"Prometheus does not answer as it should: {reason}",
                where=self._url,
                mend="look at the infra node: systemctl status prometheus haproxy",
            ) from error
        return data


def _points(values: list[tuple[float, str]]) -> tuple[tuple[float, float], ...]:
    return tuple((moment, float(text)) for moment, text in values if math.isfinite(float(text)))
