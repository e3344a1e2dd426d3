"""What the gateway tells Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import prometheus_client
from prometheus_client import Counter, Gauge, Histogram

from .errors import TooLateError, UnavailableError

_SECONDS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)

_STATUSES = ("200", "400", "401", "404", "429", "499", "500", "502", "503", "504")
"""Statuses that an answer of the API commonly has."""
_REASONS = (UnavailableError.code, TooLateError.code)


class Meters:
    """All metrics of one gateway process."""

    def __init__(self) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations (0.26)
        self.registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "sitewright_gateway_requests",
            "Requests by route and status; 499: the client left early, 502: the model broke off a stream.",
            ("route", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "sitewright_gateway_request_seconds",
            "Seconds from a request to the end of its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.first_token = Histogram(
            "sitewright_gateway_time_to_first_token_seconds",
            "Seconds from a request to the first text for the client.",
            ("model",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.in_flight = Gauge(
            "sitewright_gateway_in_flight_requests", "Generations in flight.", registry=self.registry
        )
        self._count_models()

    def _count_models(self) -> None:
        """Make the metrics of what the models do."""
        self.tokens = Counter(
            "sitewright_gateway_tokens",
            "Tokens of complete answers; kind is prompt or generated.",
            ("model", "key", "kind"),
            registry=self.registry,
        )
        self.upstream_errors = Counter(
            "sitewright_gateway_upstream_errors",
            "Times that a model's server failed to answer, retried ones included; reason is the error's code.",
            ("model", "reason"),
            registry=self.registry,
        )
        self.model_ready = Gauge(
            "sitewright_gateway_model_ready",
            "1 when the model answered recently, else 0.",
            ("model",),
            registry=self.registry,
        )

        self.declared_replicas = Gauge(
            "sitewright_gateway_declared_replicas",
            "Copies of a model that the site declares.",
            ("model",),
            registry=self.registry,
        )

    def begin(self, models: Mapping[str, int], keys: Iterable[str], routes: Iterable[str]) -> None:
        """Show every series at zero before its first event: rates miss a first event that makes its own series.

        `models` maps each model to its declared copies.
        """
        for route in routes:
            self.seconds.labels(route)
            for status in _STATUSES:
                self.requests.labels(route, status)
        names = tuple(keys)
        for model, replicas in models.items():
            self.declared_replicas.labels(model).set(replicas)
            self.first_token.labels(model)
            for reason in _REASONS:
                self.upstream_errors.labels(model, reason)
            for key in names:
                for kind in ("prompt", "generated"):
                    self.tokens.labels(model, key, kind)

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return prometheus_client.generate_latest(self.registry)
