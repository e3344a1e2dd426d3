"""The drill host's directories and their lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.recovery.home import Home


def test_a_second_run_is_refused_and_names_the_first(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.hold(), pytest.raises(errors.LockedError, match=r"process \d+"), home.hold(0.3):
        pass


def test_the_lock_is_free_again_after_the_block(tmp_path: Path) -> None:
    home = Home(tmp_path)
    for _ in range(2):
        with home.hold():
            pass


def test_a_scratch_directory_is_empty_and_wiped_when_the_block_fails(tmp_path: Path) -> None:
    home = Home(tmp_path)
    (home.scratch / "x").mkdir(parents=True)
    (home.scratch / "x" / "left").write_text("left")
    found = []

    def fail() -> None:
        with home.scratch_directory("x") as place:
            found.append(list(place.iterdir()))
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert found == [[]]
    assert not list(home.scratch.iterdir())
