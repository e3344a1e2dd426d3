"""Server-sent events, as far as Triton and OpenAI use them: events that have only data."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

DONE = b"data: [DONE]\n\n"
"""How OpenAI ends a stream that is complete."""


def encode(value: object) -> bytes:
    """Return a JSON value as one event."""
    return b"data: %b\n\n" % json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


async def decode(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Given the bytes of a response in any division, yield the data of each event."""
    rest = b""
    async for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                yield line[5:].strip()
