"""Every series that an alert counts on is there before its first event."""

from __future__ import annotations

import pytest

from ops.services.gateway import application
from ops.services.gateway.meters import Meters


@pytest.mark.parametrize(
    "line",
    [
        'sitewright_gateway_requests_total{route="/v1/chat/completions",status="502"} 0.0',
        'sitewright_gateway_requests_total{route="/v1/completions",status="200"} 0.0',
        'sitewright_gateway_time_to_first_token_seconds_count{model="smollm2"} 0.0',
        'sitewright_gateway_tokens_total{key="team",kind="generated",model="smollm2"} 0.0',
        'sitewright_gateway_upstream_errors_total{model="smollm2",reason="model_unavailable"} 0.0',
        'sitewright_gateway_declared_replicas{model="smollm2"} 2.0',
    ],
)
def test_a_series_begins_at_zero(line: str) -> None:
    meters = Meters()
    meters.begin({"smollm2": 2}, ["team"], application.GENERATING)
    assert line in meters.text().decode().splitlines()
