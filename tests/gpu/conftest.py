"""A model on one GPU in a real Triton."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ops.spec import model
from tests.gpu import cards
from tests.support import triton


@pytest.fixture(scope="session")
def card() -> model.Model:
    """Give the card of SmolLM2 on a GPU, under the limits that the tests of the llama engine have."""
    return cards.card()


@pytest.fixture(scope="session")
def server(card: model.Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[triton.Triton]:
    """Give one server for the tests that leave it as it was."""
    with triton.running(tmp_path_factory.mktemp("triton"), card) as running:
        yield running
