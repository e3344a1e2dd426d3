"""The geometry of the pictures: nothing overlaps, nothing leaves the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.recovery import picture
from ops.recovery.timeline import Mark, Moment, Timeline
from tests.support import drills

_SECONDS = st.lists(st.floats(0, 10**6), min_size=len(Moment) - 1, max_size=len(Moment) - 1).map(sorted)


def line(seconds: list[float]) -> Timeline:
    rows = zip(Moment, [0.0, *seconds], strict=True)
    return Timeline(marks=tuple(Mark(moment=moment, at=drills.NOW, seconds=second) for moment, second in rows))


@given(_SECONDS)
def test_no_label_touches_another_nor_the_line_of_another(seconds: list[float]) -> None:
    flags = picture.timeline_picture(line(seconds), 600).flags
    for number, flag in enumerate(flags):
        end = flag.x + len(flag.label) * 6
        for later in flags[number + 1 :]:
            if later.x < end:
                assert later.row < flag.row


@given(_SECONDS, st.floats(1, 10**6))
def test_everything_lies_on_the_axis(seconds: list[float], objective: float) -> None:
    drawn = picture.timeline_picture(line(seconds), objective)
    limit = picture.AXIS + 2
    assert all(0 <= bar.x <= bar.x + bar.width <= limit for bar in drawn.bars)
    assert all(0 <= tick.x <= limit for tick in drawn.ticks)
    assert len(drawn.ticks) <= 9 or seconds[-1] == 0
    assert drawn.objective is None or drawn.objective <= limit


@pytest.mark.parametrize(
    ("objective", "measured", "met", "said"),
    [
        (600, 94.7, True, "1 min 35 s"),
        (600, 600, True, "10 min"),
        (60, 94.7, False, "1 min 35 s"),
        (60, None, None, "not measured"),
    ],
)
def test_a_gauge_shows_both_lengths(objective: float, measured: float | None, met: bool | None, said: str) -> None:
    drawn = picture.gauge("Recovery time", "", objective, measured)
    assert drawn.met is met
    assert drawn.measured_text == said
    assert max(drawn.measured, drawn.objective) == picture.WIDTH
