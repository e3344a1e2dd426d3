"""One machine that does everything, with a second model from a file; KEEP=1 leaves it standing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support import own_model
from tests.support import site as support

NAME = "test-one"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.TestSite]:
    """Yield a site of one machine."""
    directory = support.spec_directory(tmp_path_factory, NAME)
    made = support.derive(directory, "lab-single", NAME, models=[own_model.card(directory)])
    if os.environ.get("KEEP"):
        made.up()
        yield made
        return
    with support.standing(made):
        yield made
