"""The geometry of a line chart. Pure: numbers in, coordinates out; the template draws."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Callable, Iterator, Sequence

from ops.actions import report

WIDTH = 720.0
HEIGHT = 170.0
LEFT = 56.0
"""Units left of the axis, for the numbers of the scale."""
_GAP_STEPS = 1.5
"""A longer silence than this many steps is a gap in the line."""
_X_TICKS = 6
_Y_TICKS = 4
_X_STEPS = (300, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400, 172800, 604800)
"""Seconds between two ticks that a person can count in."""
_DAY = 86400
_MILLISECONDS_BELOW = 1.0


@dataclasses.dataclass(frozen=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclasses.dataclass(frozen=True)
class Line:
    """One line: its stretches as SVG path data, its single points, and its last and greatest values in words."""

    name: str
    path: str
    dots: tuple[tuple[float, float], ...]
    last: str
    greatest: str
    tone: int


@dataclasses.dataclass(frozen=True)
class Picture:
    """Everything that is drawn of a chart."""

    title: str
    meaning: str
    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]


def picture(chart: report.Chart, start: float, end: float) -> Picture:
    """Return the picture of a chart from `start` to `end` (Unix time); the scale begins at zero."""
    highest = max((value for curve in chart.curves for _, value in curve.points), default=0.0)
    step = _pleasant(highest / _Y_TICKS)
    top = step * max(1, math.ceil(highest / step))
    spoken = speaker(chart.unit)
    scale_x, scale_y = (WIDTH - LEFT) / (end - start), HEIGHT / top

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return round(LEFT + (point[0] - start) * scale_x, 1), round(HEIGHT - point[1] * scale_y, 1)

    return Picture(
        title=chart.title,
        meaning=chart.meaning,
        lines=tuple(_line(curve, tone, chart, end, place) for tone, curve in enumerate(chart.curves)),
        across=tuple(_moments(start, end, scale_x)),
        up=tuple(Tick(HEIGHT - n * step * scale_y, spoken(n * step)) for n in range(round(top / step) + 1)),
    )


def speaker(unit: str) -> Callable[[float], str]:
    """Return how numbers of a unit are written."""
    return _seconds if unit == "seconds" else _number


def _line(
    curve: report.Curve,
    tone: int,
    chart: report.Chart,
    end: float,
    place: Callable[[tuple[float, float]], tuple[float, float]],
) -> Line:
    stretches = [[place(point) for point in points] for points in _stretches(curve.points, chart.step)]
    drawn = ("M" + "L".join(f"{x:g} {y:g}" for x, y in points) for points in stretches if len(points) > 1)
    spoken = speaker(chart.unit)
    is_present = bool(curve.points) and end - curve.points[-1][0] <= _GAP_STEPS * chart.step
    return Line(
        name=curve.name,
        path="".join(drawn),
        dots=tuple(points[0] for points in stretches if len(points) == 1),
        last=spoken(curve.points[-1][1]) if is_present else "none",
        greatest=spoken(max(value for _, value in curve.points)) if curve.points else "none",
        tone=tone,
    )


def _stretches(points: Sequence[tuple[float, float]], step: float) -> Iterator[Sequence[tuple[float, float]]]:
    """Yield the runs of points without a gap between them."""
    begin = 0
    for index in range(1, len(points) + 1):
        if index == len(points) or points[index][0] - points[index - 1][0] > _GAP_STEPS * step:
            yield points[begin:index]
            begin = index


def _moments(start: float, end: float, scale: float) -> Iterator[Tick]:
    """Yield ticks at whole hours or minutes of UTC."""
    span = end - start
    step = next((step for step in _X_STEPS if span / step <= _X_TICKS), math.ceil(span / _X_TICKS / _DAY) * _DAY)
    shape = "%H:%M" if span <= _DAY else "%-d %b %H:%M" if step < _DAY else "%-d %b"
    moment = math.ceil(start / step) * step
    while moment <= end:
        yield Tick(LEFT + (moment - start) * scale, f"{datetime.datetime.fromtimestamp(moment, datetime.UTC):{shape}}")
        moment += step


def _pleasant(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, ... (and their tenths) that is not below `least`; 1 for zero."""
    if least <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if 0 < value < _MILLISECONDS_BELOW else f"{value:.3g} s"
