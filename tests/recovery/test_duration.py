"""Lengths of time in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.recovery import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.04, "0.0 s"),
        (4.25, "4.2 s"),
        (9.96, "10.0 s"),
        (38.4, "38 s"),
        (59.6, "1 min"),
        (124, "2 min 4 s"),
        (3600, "1 h"),
        (11_520, "3 h 12 min"),
        (100_800, "1 d 4 h"),
        (864_000, "10 d"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration.spoken(seconds) == words


@given(st.floats(0, 10**9))
def test_any_length_has_words(seconds: float) -> None:
    assert duration.spoken(seconds)
