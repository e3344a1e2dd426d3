"""A model on one GPU in a real Triton; SITEWRIGHT_GPU_WEIGHTS names its directory of weights and tokenizer."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ops.spec import model
from tests.support import triton


@pytest.fixture(scope="session")
def card() -> model.Model:
    """Give the card of SmolLM2 on a GPU, under the limits that the tests of the llama engine have."""
    own = {"engine": model.Engine.VLLM, "accelerators": 1, "path": os.environ["SITEWRIGHT_GPU_WEIGHTS"], "wheel": None}
    return triton.CARD.model_copy(update=own)


@pytest.fixture(scope="session")
def server(card: model.Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[triton.Triton]:
    """Give one server for the tests that leave it as it was."""
    with triton.running(tmp_path_factory.mktemp("triton"), card) as running:
        yield running
