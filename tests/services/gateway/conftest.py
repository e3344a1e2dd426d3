from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.services import gateway_process
from tests.services.stub_triton import StubTriton


@pytest.fixture(scope="session")
def stub() -> Iterator[StubTriton]:
    """A Triton that does what its prompts say."""
    server = StubTriton()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def gateway(stub: StubTriton, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gateway_process.Gateway]:
    """A gateway in front of the stub, with limits that tests can reach."""
    directory = tmp_path_factory.mktemp("gateway")
    settings: dict[str, object] = {
        "max_body_bytes": 20_000,
        "max_in_flight": 3,
        "max_in_flight_per_key": 2,
        "request_timeout_seconds": 5,
        "stall_timeout_seconds": 0.5,
        "readiness_interval_seconds": 0.2,
    }
    with gateway_process.running(directory, stub.url, settings) as running:
        yield running


@pytest.fixture(scope="session")
def client(gateway: gateway_process.Gateway) -> Iterator[httpx.Client]:
    """A client that holds the key."""
    headers = {"authorization": f"Bearer {gateway_process.KEY}"}
    with httpx.Client(base_url=gateway.api, headers=headers, timeout=20, trust_env=False) as opened:
        yield opened
