from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from hypothesis import given, strategies

from ops.services.gateway import sse


async def _decode(blocks: list[bytes]) -> list[bytes]:
    async def arriving() -> AsyncIterator[bytes]:
        for block in blocks:
            yield block

    return [data async for data in sse.decode(arriving())]


@given(strategies.lists(strategies.text()), strategies.lists(strategies.integers(min_value=0)))
def test_events_come_back_whole_however_the_network_divides_them(texts: list[str], cuts: list[int]) -> None:
    stream = b"".join(sse.encode({"text": text}) for text in texts)
    places = sorted(cut % (len(stream) + 1) for cut in cuts)
    blocks = [stream[start:end] for start, end in zip([0, *places], [*places, len(stream)], strict=True)]
    assert [json.loads(data)["text"] for data in asyncio.run(_decode(blocks))] == texts


def test_lines_that_are_no_data_are_passed_over() -> None:
    stream = b": comment\r\nevent: x\r\ndata: 1\r\n\r\nid: 3\ndata:2\n\ndata: cut"
    assert asyncio.run(_decode([stream])) == [b"1", b"2"]
