from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.bundle import progress, recipe

_SECONDS = st.floats(min_value=0, max_value=10_000, allow_nan=False)
_STEPS = st.builds(progress.Step, name=st.text(max_size=3), lane=st.sampled_from(recipe.Lane), seconds=_SECONDS)
_RUNNING = st.builds(progress.Running, step=_STEPS, elapsed=_SECONDS)
_PACES = st.floats(min_value=0.2, max_value=5)


@given(waiting=st.lists(_STEPS), running=st.lists(_RUNNING), pace=_PACES)
def test_the_time_left_lies_between_the_longest_lane_and_the_sum_of_all(
    waiting: list[progress.Step], running: list[progress.Running], pace: float
) -> None:
    left = progress.expected_left(waiting, running, pace)
    alone = [progress.expected_left([step], [], pace) for step in waiting]
    alone += [progress.expected_left([], [item], pace) for item in running]
    assert max(alone, default=0.0) <= left * (1 + 1e-9)
    assert left <= sum(alone) * (1 + 1e-9)


@given(waiting=st.lists(_STEPS, min_size=1), running=st.lists(_RUNNING), pace=_PACES)
def test_less_to_do_never_takes_longer(
    waiting: list[progress.Step], running: list[progress.Running], pace: float
) -> None:
    assert progress.expected_left(waiting[1:], running, pace) <= progress.expected_left(waiting, running, pace)


def test_nothing_to_do_takes_no_time() -> None:
    assert progress.expected_left([], [], 1.0) == 0


@given(done=st.lists(_RUNNING))
def test_the_pace_lies_between_one_and_that_of_the_finished_steps(done: list[progress.Running]) -> None:
    paces = [1.0, *(item.elapsed / item.step.seconds for item in done if item.step.seconds)]
    if all(item.step.seconds for item in done):
        assert min(paces) * (1 - 1e-9) <= progress.pace_of(done) <= max(paces) * (1 + 1e-9)


def test_long_steps_move_the_pace_and_short_ones_hardly() -> None:
    long = progress.Running(progress.Step("long", recipe.Lane.COMPILE, 1200), 2400)
    short = progress.Running(progress.Step("short", recipe.Lane.PACK, 1), 10)
    assert progress.pace_of([long]) > 1.8
    assert progress.pace_of([short]) < 1.1


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (61, "1:01"), (3725, "1:02:05")])
def test_time_is_told_in_minutes_and_hours(seconds: float, text: str) -> None:
    assert progress.clock(seconds) == text


class _Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _two_steps(stream: io.StringIO) -> None:
    clock = _Clock()
    display = progress.Display(stream, clock)
    display.plan([progress.Step("first", recipe.Lane.COMPILE, 100), progress.Step("second", recipe.Lane.COMPILE, 60)])
    display.begin("first")
    clock.now = 50
    display.end("first")
    display.say("a word")
    display.close()


def test_without_a_terminal_each_event_is_a_line() -> None:
    stream = io.StringIO()
    _two_steps(stream)
    assert stream.getvalue().splitlines() == [
        "step 1 of 2  building first  0:00 gone  2:40 left",
        "step 1 of 2  built first in 0:50  0:50 gone  0:46 left",
        "a word",
    ]


def test_on_a_terminal_one_line_changes_and_words_stay() -> None:
    stream = _Terminal()
    _two_steps(stream)
    text = stream.getvalue()
    assert text.count("\n") == 2
    assert "\ra word\x1b[K\n" in text
    assert text.startswith("\rstep 1 of 2")
