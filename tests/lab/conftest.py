"""Labs for the tests of this room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import lab as support


@pytest.fixture(scope="session", autouse=True)
def _state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with support.state_home(tmp_path_factory.mktemp("state")):
        yield


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[support.Lab]:
    """A lab with no machine yet, destroyed after the test."""
    with support.make(tmp_path) as made:
        yield made


@pytest.fixture
def other_lab(tmp_path: Path) -> Iterator[support.Lab]:
    """A second lab beside the first."""
    directory = tmp_path / "other"
    directory.mkdir()
    with support.make(directory, "b") as made:
        yield made


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.Lab]:
    """A lab with two machines, cp1 and gpu1, that run before and after each test of a module."""
    with support.make(tmp_path_factory.mktemp("lab"), "s") as made:
        made.up("cp1", 0)
        made.up("gpu1", 1)
        yield made
