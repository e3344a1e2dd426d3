from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import httpx
import pytest

from ops.services.gateway import application, config, keys
from ops.services.gateway.envelope import State
from ops.services.gateway.generate import Parts
from ops.services.gateway.generation import Again, End
from ops.services.gateway.limits import Limits
from ops.services.gateway.meters import Meters
from ops.services.gateway.readiness import Readiness
from ops.services.gateway.upstream import Upstream
from tests.services import gateway_process


class _Defective(Upstream):
    """Has a defect that nobody foresaw."""

    async def generate(
        self, payload: Mapping[str, object], *, whole: bool = False
    ) -> AsyncGenerator[str | End | Again, None]:
        if payload:
            raise ZeroDivisionError("the launch code is 0000")
        yield ""


@pytest.mark.parametrize("stream", [True, False])
def test_a_defect_is_an_error_in_openais_shape_and_keeps_its_text_to_itself(tmp_path: Path, *, stream: bool) -> None:
    settings = config.load(gateway_process.write_files(tmp_path, "http://127.0.0.1:1"))
    meters = Meters()
    upstreams = {"smollm2": _Defective(settings.models["smollm2"], 1.0, 0.04, meters)}
    readiness = Readiness(upstreams, 10.0, meters)
    parts = Parts(settings, keys.load(settings.keys_file), Limits(2, 2), meters, upstreams, readiness)
    transport = httpx.ASGITransport(application.api(parts, State()), raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            headers = {"authorization": f"Bearer {gateway_process.KEY}"}
            body = {"model": "smollm2", "prompt": "Hi", "stream": stream}
            return await client.post("/v1/completions", json=body, headers=headers)

    response = asyncio.run(ask())
    assert response.status_code == 500
    assert response.json()["error"]["code"] == "internal_error"
    assert "launch" not in response.text
    assert parts.limits.in_flight == 0
