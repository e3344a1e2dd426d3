from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from ops.services.gateway.config import Model
from ops.services.gateway.errors import RateLimitError, UnavailableError
from ops.services.gateway.generation import End
from ops.services.gateway.meters import Meters
from ops.services.gateway.upstream import Upstream
from tests.services.stub_triton import PIECES, StubTriton


async def _generate(url: str, payload: Mapping[str, object], meters: Meters) -> list[str | End]:
    asked = Upstream(Model("m", url, 512, 256, 0), 5.0, meters)
    return [event async for event in asked.generate(payload)]


def _failures(meters: Meters) -> float:
    return (
        meters.registry.get_sample_value(
            "sitewright_gateway_upstream_errors_total", {"model": "m", "reason": "model_unavailable"}
        )
        or 0.0
    )


def test_an_answer_is_its_pieces_and_its_end(stub: StubTriton) -> None:
    assert asyncio.run(_generate(stub.url, {"prompt": "Hi"}, Meters())) == [*PIECES, End("stop", 7, 5)]


def test_a_server_that_is_not_there_is_tried_four_times_in_all() -> None:
    meters = Meters()
    with pytest.raises(UnavailableError, match="cannot be reached"):
        asyncio.run(_generate("http://127.0.0.1:1", {"prompt": "Hi"}, meters))
    assert _failures(meters) == 4


def test_a_full_queue_is_not_asked_again(stub: StubTriton) -> None:
    with pytest.raises(RateLimitError):
        asyncio.run(_generate(stub.url, {"prompt": "once, stub: full"}, Meters()))
    assert stub.payloads.count({"prompt": "once, stub: full"}) == 1


def test_nothing_is_asked_again_once_text_has_come(stub: StubTriton) -> None:
    with pytest.raises(UnavailableError):
        asyncio.run(_generate(stub.url, {"prompt": "once, stub: broken"}, Meters()))
    assert stub.payloads.count({"prompt": "once, stub: broken"}) == 1
