"""`site up` is killed again and again while it makes a site from nothing; the same command converges."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.support import site as support

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

KILLS = 10
LONGEST = 18.0


def test_ten_kills_spread_over_the_steps_and_the_same_command_converges(tmp_path: Path) -> None:
    moments = random.Random(support.SEED)  # noqa: S311 - moments of kills, nothing secret
    made = support.derive(tmp_path, "lab", "test-kills")
    made.destroy()
    try:
        said = [made.up_killed_after(moments.uniform(3.0, LONGEST)) for _ in range(KILLS)]
        assert all(said), f"a run ended before its kill: {said}"
        assert len(set(said)) >= KILLS // 2, f"the kills fell on few steps: {said}"
        assert "Paris" in made.up().stdout
        assert "unchanged" in made.up().stdout
    finally:
        made.destroy()
