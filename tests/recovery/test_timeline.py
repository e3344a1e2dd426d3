"""RTO and RPO arithmetic on random timelines."""

from __future__ import annotations

import datetime
from random import Random

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.recovery import timeline
from ops.recovery.timeline import Mark, Moment, Timeline
from tests.support import drills

_SECONDS = st.integers(0, 10**9).map(lambda value: value / 1000)
_STAMPS = st.integers(0, 10**8).map(lambda seconds: drills.NOW - datetime.timedelta(seconds=seconds))


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    later = draw(st.sets(st.sampled_from(list(Moment)[1:])))
    moments = [moment for moment in Moment if moment is Moment.FAULT or moment in later]
    seconds = [0.0, *sorted(draw(_SECONDS) for _ in moments[1:])]
    wall = [drills.NOW + datetime.timedelta(seconds=draw(st.integers(-100, 100))) for _ in moments]
    rows = zip(moments, wall, seconds, strict=True)
    return Timeline(marks=tuple(Mark(moment=moment, at=at, seconds=second) for moment, at, second in rows))


def line(*marks: tuple[Moment, float]) -> Timeline:
    return Timeline(marks=tuple(Mark(moment=moment, at=drills.NOW, seconds=seconds) for moment, seconds in marks))


@given(timelines())
def test_the_recovery_time_is_the_sum_of_its_phases_whatever_the_wall_clock_does(made: Timeline) -> None:
    measured = timeline.recovery_time(made)
    serving = made.mark(Moment.SERVING)
    if serving is None:
        assert measured is None
    else:
        phases = [phase.end - phase.start for phase in made.phases() if phase.end <= serving.seconds]
        assert measured == serving.seconds
        assert sum(phases) == pytest.approx(measured)


@given(timelines())
def test_redundancy_is_never_back_before_the_service(made: Timeline) -> None:
    serving, redundant = made.mark(Moment.SERVING), made.mark(Moment.REDUNDANT)
    if serving and redundant:
        assert redundant.seconds >= serving.seconds


@given(timelines(), st.randoms())
def test_a_shuffled_timeline_is_refused_or_the_same(made: Timeline, random: Random) -> None:
    marks = list(made.marks)
    random.shuffle(marks)
    if tuple(marks) != made.marks:
        with pytest.raises(pydantic.ValidationError):
            Timeline(marks=tuple(marks))


@pytest.mark.parametrize(
    "marks",
    [
        [(Moment.SERVING, 0.0)],
        [(Moment.FAULT, 1.0)],
        [(Moment.FAULT, 0.0), (Moment.FAULT, 0.0)],
        [(Moment.FAULT, 0.0), (Moment.DATA, 2.0), (Moment.SERVING, 1.0)],
        [(Moment.FAULT, 0.0), (Moment.SERVING, 2.0), (Moment.DATA, 3.0)],
        [(Moment.FAULT, 0.0), (Moment.DATA, float("inf"))],
        [(Moment.FAULT, 0.0), (Moment.DATA, float("nan"))],
    ],
)
def test_a_timeline_that_cannot_be_is_refused(marks: list[tuple[Moment, float]]) -> None:
    with pytest.raises(pydantic.ValidationError):
        line(*marks)


@given(st.lists(_STAMPS, min_size=1))
def test_the_age_is_that_of_the_oldest_member_and_at_least_the_skew(taken: list[datetime.datetime]) -> None:
    age = timeline.data_age(drills.NOW, taken)
    assert age == max((drills.NOW - stamp).total_seconds() for stamp in taken)
    assert age >= timeline.skew(taken) >= 0


@given(st.lists(_STAMPS, min_size=1), _STAMPS)
def test_one_more_member_never_makes_the_data_younger(taken: list[datetime.datetime], one: datetime.datetime) -> None:
    assert timeline.data_age(drills.NOW, [*taken, one]) >= timeline.data_age(drills.NOW, taken)


@given(st.lists(_STAMPS, min_size=1), st.integers(1, 10**6))
def test_a_later_fault_makes_the_data_older_by_as_much(taken: list[datetime.datetime], seconds: int) -> None:
    later = drills.NOW + datetime.timedelta(seconds=seconds)
    assert timeline.data_age(later, taken) == timeline.data_age(drills.NOW, taken) + seconds


def test_a_member_from_after_the_fault_and_no_member_are_refused() -> None:
    with pytest.raises(ValueError, match="after the fault"):
        timeline.data_age(drills.NOW, [drills.NOW, drills.NOW + datetime.timedelta(seconds=1)])
    with pytest.raises(ValueError, match="without members"):
        timeline.data_age(drills.NOW, [])
