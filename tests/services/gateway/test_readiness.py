from __future__ import annotations

import time
from pathlib import Path

import httpx

from tests.services import gateway_process
from tests.services.stub_triton import StubTriton


def _wait_for(gateway: gateway_process.Gateway, status: int) -> httpx.Response:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        response = httpx.get(f"{gateway.operations}/readyz", trust_env=False)
        if response.status_code == status:
            return response
        time.sleep(0.05)
    raise AssertionError(f"readiness did not become {status}: {response.text}")


def test_a_gateway_is_ready_while_its_model_answers(tmp_path: Path) -> None:
    stub = StubTriton()
    stub.start()
    with gateway_process.running(tmp_path, stub.url, {"readiness_interval_seconds": 0.1}) as gateway:
        assert _wait_for(gateway, 200).json() == {"ready": True, "draining": False, "models": {"smollm2": True}}
        stub.stop()
        assert _wait_for(gateway, 503).json()["models"] == {"smollm2": False}
        metrics = httpx.get(f"{gateway.operations}/metrics", trust_env=False).text
        assert httpx.get(f"{gateway.operations}/healthz", trust_env=False).is_success
    assert 'sitewright_gateway_model_ready{model="smollm2"} 0.0' in metrics


def test_a_model_is_asked_for_a_token_and_not_for_a_status(stub: StubTriton, tmp_path: Path) -> None:
    before = len(stub.payloads)
    with gateway_process.running(tmp_path, stub.url) as gateway:
        _wait_for(gateway, 200)
    assert {"prompt": "1", "max_tokens": 1, "temperature": 0, "stream": True} in stub.payloads[before:]
