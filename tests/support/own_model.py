"""Weights that no bundle brings: the lab's model under another name in its own metadata, hence another digest."""

from __future__ import annotations

from pathlib import Path

from ops.actions import bundle_build
from tests.support import triton

NAME = "tiny-chat"
_NAMED, _RENAMED = b"Smollm2 135M 8k Lc100K Mix1 Ep2", b"Tiny chat 135M of sitewright ()"
"""`general.name` of the GGUF file, and another of the same length: what the model answers does not depend on it."""


def card(directory: Path) -> dict[str, object]:
    """Write the weights into a directory and return the card that serves them."""
    content = (triton.unpacked() / str(triton.CARD.path)).read_bytes()
    assert content.count(_NAMED) == 1
    path = directory / "tiny-chat.gguf"
    path.write_bytes(content.replace(_NAMED, _RENAMED))
    weighed = bundle_build.weigh(path)
    return {
        "name": NAME,
        "licence": "Apache-2.0",
        "path": str(weighed.path),
        "size": weighed.size,
        "digest": weighed.digest,
    }
