from __future__ import annotations

import httpx
import pytest

from tests.services import gateway_process

_CARD = {"id": "smollm2", "object": "model", "created": 1_700_000_000, "owned_by": "sitewright"}


def test_models_are_listed(client: httpx.Client) -> None:
    assert client.get("/models").json() == {"object": "list", "data": [_CARD]}


def test_one_model_is_shown(client: httpx.Client) -> None:
    assert client.get("/models/smollm2").json() == _CARD


@pytest.mark.parametrize("path", ["/models", "/models/smollm2"])
def test_models_are_for_holders_of_a_key(gateway: gateway_process.Gateway, path: str) -> None:
    headers = {"authorization": "Bearer wrong"}
    response = httpx.get(gateway.api + path, headers=headers, trust_env=False)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "invalid_api_key")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/models/gpt-4", 404, "model_not_found"),
        ("GET", "/embeddings", 404, "unknown_url"),
        ("GET", "/models/", 404, "unknown_url"),
        ("POST", "/models/smollm2/load", 404, "unknown_url"),
        ("GET", "/chat/completions", 405, "method_not_supported"),
        ("DELETE", "/models", 405, "method_not_supported"),
        ("PUT", "/completions", 405, "method_not_supported"),
    ],
)
def test_what_is_not_there_is_refused_in_openais_shape(
    client: httpx.Client, method: str, path: str, status: int, code: str
) -> None:
    response = client.request(method, path)
    assert response.status_code == status
    error = response.json()["error"]
    assert (error["type"], error["code"]) == ("invalid_request_error", code)
    assert ("allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(("path", "status"), [("/models", 200), ("/chat/completions", 405), ("/nothing", 404)])
def test_head_gets_the_status_without_a_body(client: httpx.Client, path: str, status: int) -> None:
    response = client.head(path)
    assert (response.status_code, response.content) == (status, b"")


def test_operations_are_not_on_the_clients_port(gateway: gateway_process.Gateway) -> None:
    base = gateway.api.removesuffix("/v1")
    for path in ("/metrics", "/healthz", "/readyz"):
        assert httpx.get(base + path, trust_env=False).status_code == 404


def test_the_process_says_that_it_is_healthy(gateway: gateway_process.Gateway) -> None:
    assert httpx.get(f"{gateway.operations}/healthz", trust_env=False).json() == {"healthy": True}


def test_metrics_carry_what_dashboards_and_alerts_ask_for(
    client: httpx.Client, gateway: gateway_process.Gateway
) -> None:
    client.post("/completions", json={"model": "smollm2", "prompt": "Hi"})
    client.post("/completions", json={"model": "smollm2", "prompt": "stub: dead"})
    text = httpx.get(f"{gateway.operations}/metrics", trust_env=False).text
    for line in (
        'sitewright_gateway_requests_total{route="/v1/completions",status="200"}',
        'sitewright_gateway_request_seconds_bucket{le="+Inf",route="/v1/completions"}',
        'sitewright_gateway_time_to_first_token_seconds_bucket{le="0.05",model="smollm2"}',
        "sitewright_gateway_in_flight_requests 0.0",
        'sitewright_gateway_tokens_total{key="tester",kind="prompt",model="smollm2"}',
        'sitewright_gateway_upstream_errors_total{model="smollm2",reason="model_unavailable"}',
        'sitewright_gateway_model_ready{model="smollm2"}',
        "process_resident_memory_bytes",
    ):
        assert line in text


def test_paths_that_clients_make_up_make_no_new_series(client: httpx.Client, gateway: gateway_process.Gateway) -> None:
    client.get("/made-up")
    text = httpx.get(f"{gateway.operations}/metrics", trust_env=False).text
    assert "made-up" not in text
    assert 'route="other",status="404"' in text
