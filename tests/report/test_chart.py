"""Charts: the scale begins at zero and ends at a round number, silence is a gap, ticks lie on whole hours."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from ops.actions import report
from ops.report import chart
from tests.report import reports


def picture(*curves: report.Curve, unit: str = "per second") -> chart.Picture:
    """Return the picture of a chart with those lines."""
    return chart.picture(report.Chart("t", "m", unit, 90, curves), reports.START, reports.END)


def test_silence_is_a_gap_in_the_line() -> None:
    [whole] = picture(reports.curve("a", 1)).lines
    [broken] = picture(reports.curve("a", 1, gap=True)).lines
    assert whole.path.count("M") == 1
    assert broken.path.count("M") == 2


def test_a_lonely_point_is_a_dot() -> None:
    [line] = picture(report.Curve("a", ((reports.START + 900, 3.0),))).lines
    assert (line.path, len(line.dots)) == ("", 1)


def test_what_was_measured_long_ago_is_not_now() -> None:
    [line] = picture(report.Curve("a", ((reports.START + 900, 3.0), (reports.START + 990, 5.0)))).lines
    assert (line.last, line.greatest) == ("none", "5")


def test_a_chart_without_lines_has_a_scale() -> None:
    empty = picture()
    assert [tick.label for tick in empty.up] == ["0", "1"]
    assert empty.lines == ()


def test_short_times_are_milliseconds() -> None:
    labels = [tick.label for tick in picture(reports.curve("a", 0.2), unit="seconds").up]
    assert labels[0] == "0 s"
    assert labels[1].endswith(" ms")


def test_ticks_lie_on_whole_hours() -> None:
    assert all(tick.label.endswith(":00") for tick in picture().across)


@given(st.floats(min_value=1e-6, max_value=1e9))
def test_every_point_lies_inside_the_picture(highest: float) -> None:
    points = ((reports.START, 0.0), (reports.START + 90, highest), (reports.END, highest / 2))
    drawn = picture(dataclasses.replace(report.Curve("a", ()), points=points))
    heights = [tick.at for tick in drawn.up]
    assert min(heights) >= -1e-6
    assert max(heights) == chart.HEIGHT
    numbers = drawn.lines[0].path.replace("M", " ").replace("L", " ").split()
    assert all(-0.1 <= float(y) <= chart.HEIGHT + 0.1 for y in numbers[1::2])
