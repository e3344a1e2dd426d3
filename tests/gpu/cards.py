"""The card of SmolLM2 on one GPU; SITEWRIGHT_GPU_WEIGHTS names its directory of weights and tokenizer."""

from __future__ import annotations

import os

from ops.spec import model
from tests.support import triton


def card(**limits: int) -> model.Model:
    """Return the card, under the limits that the tests of the llama engine have unless others are given."""
    own = {"engine": model.Engine.VLLM, "accelerators": 1, "path": os.environ["SITEWRIGHT_GPU_WEIGHTS"], "wheel": None}
    return triton.CARD.model_copy(update={**own, **limits})
