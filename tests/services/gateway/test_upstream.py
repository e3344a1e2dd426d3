from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from ops.services.gateway.config import Model
from ops.services.gateway.errors import OtherAnswerError, RateLimitError, UnavailableError
from ops.services.gateway.generation import Again, End
from ops.services.gateway.meters import Meters
from ops.services.gateway.upstream import Upstream
from tests.services.stub_triton import PIECES, StubTriton


async def _generate(
    url: str, payload: Mapping[str, object], meters: Meters, *, whole: bool = False
) -> list[str | End | Again]:
    asked = Upstream(Model("m", url, 512, 256, 0), 5.0, 0.04, meters)
    return [event async for event in asked.generate(payload, whole=whole)]


def _failures(meters: Meters) -> float:
    return (
        meters.registry.get_sample_value(
            "sitewright_gateway_upstream_errors_total", {"model": "m", "reason": "model_unavailable"}
        )
        or 0.0
    )


def test_an_answer_is_its_pieces_and_its_end(stub: StubTriton) -> None:
    assert asyncio.run(_generate(stub.url, {"prompt": "Hi"}, Meters())) == [*PIECES, End("stop", 7, 5)]


def test_a_server_that_is_not_there_is_tried_six_times_in_all() -> None:
    meters = Meters()
    with pytest.raises(UnavailableError, match="cannot be reached"):
        asyncio.run(_generate("http://127.0.0.1:1", {"prompt": "Hi"}, meters))
    assert _failures(meters) == 6


def test_a_full_queue_is_not_asked_again(stub: StubTriton) -> None:
    with pytest.raises(RateLimitError):
        asyncio.run(_generate(stub.url, {"prompt": "once, stub: full"}, Meters()))
    assert stub.payloads.count({"prompt": "once, stub: full"}) == 1


@pytest.mark.parametrize("breaks", [1, 3])
def test_an_answer_that_broke_off_is_continued_by_the_next_server(stub: StubTriton, breaks: int) -> None:
    stub.breaks, meters = breaks, Meters()
    events = asyncio.run(_generate(stub.url, {"prompt": "stub: once"}, meters))
    assert events == [*PIECES, End("stop", 7, 5)]
    assert _failures(meters) == breaks


def test_a_whole_answer_that_broke_off_begins_anew(stub: StubTriton) -> None:
    stub.breaks = 1
    events = asyncio.run(_generate(stub.url, {"prompt": "stub: once"}, Meters(), whole=True))
    assert events == [*PIECES[:2], Again(), *PIECES, End("stop", 7, 5)]


def test_another_answer_is_never_put_behind_the_first(stub: StubTriton) -> None:
    meters, seen = Meters(), list[str | End | Again]()
    payload: dict[str, object] = {"prompt": "stub: broken"}

    async def ask() -> None:
        async for event in Upstream(Model("m", stub.url, 512, 256, 0), 5.0, 0.04, meters).generate(payload):
            seen.append(event)
            payload["prompt"] = "stub: slow"

    with pytest.raises(OtherAnswerError):
        asyncio.run(ask())
    assert seen == ["half"]
    assert _failures(meters) == 2


def test_a_server_that_always_breaks_off_is_tried_six_times_in_all(stub: StubTriton) -> None:
    meters = Meters()
    with pytest.raises(UnavailableError):
        asyncio.run(_generate(stub.url, {"prompt": "stub: broken"}, meters))
    assert _failures(meters) == 6
