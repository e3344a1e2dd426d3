"""The geometry of the two pictures on an evidence page. Pure: numbers in, coordinates out; the template draws."""

from __future__ import annotations

import dataclasses
import math

from ops.recovery import duration
from ops.recovery.timeline import Moment, Timeline

WIDTH = 720
"""Units of a picture's width; the page scales it to its own."""

AXIS = 590
"""Units of the timeline's axis; what is left beside it is for the last moment's label."""

_LABEL_UNITS = 6.6
"""Width of one character of a label at the page's label size, rounded up."""

_LABEL_GAP = 14.0
_LEAST_WIDTH = 1.5
"""A phase shorter than this would not be seen."""

_LABELS = {
    Moment.FAULT: "fault",
    Moment.DETECTED: "noticed",
    Moment.DECIDED: "decided",
    Moment.RESTORE_STARTED: "restore begins",
    Moment.DATA: "data back",
    Moment.SERVING: "right answer",
    Moment.REDUNDANT: "redundant",
}

_TICKS = 8
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
"""Seconds between two ticks that a person can count in."""


@dataclasses.dataclass(frozen=True)
class Tick:
    """A labelled place on the axis."""

    x: float
    label: str


@dataclasses.dataclass(frozen=True)
class Bar:
    """A stretch of the timeline; `tone` numbers its pattern."""

    x: float
    width: float
    name: str
    duration: str
    tone: int


@dataclasses.dataclass(frozen=True)
class Flag:
    """A moment with its label, which starts at x and stands in `row`, counted from below."""

    x: float
    label: str
    row: int


@dataclasses.dataclass(frozen=True)
class TimelinePicture:
    """Everything that is drawn of a timeline."""

    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]
    flags: tuple[Flag, ...]
    objective: float | None
    """Where the objective lies, None when it is beyond the right edge."""
    rows: int


@dataclasses.dataclass(frozen=True)
class Gauge:
    """Measured against objective: the lengths of both, and how they are said."""

    name: str
    meaning: str
    measured: float
    objective: float
    measured_text: str
    objective_text: str
    met: bool | None
    """None when nothing was measured."""


def timeline_picture(timeline: Timeline, objective_s: float) -> TimelinePicture:
    """Return the picture of a timeline; its scale is that of what happened, not of the objective."""
    end = max((mark.seconds for mark in timeline.marks), default=0.0) or 1.0
    scale = AXIS / end
    bars = []
    for number, phase in enumerate(timeline.phases()):
        length = max(_LEAST_WIDTH, (phase.end - phase.start) * scale)
        name = phase.name
        bars.append(Bar(phase.start * scale, length, name, duration.spoken(phase.end - phase.start), number))
    flags = _flags(timeline, scale)
    return TimelinePicture(
        ticks=_ticks(end, scale),
        bars=tuple(bars),
        flags=flags,
        objective=objective_s * scale if objective_s <= end else None,
        rows=max((flag.row for flag in flags), default=-1) + 1,
    )


def gauge(name: str, meaning: str, objective_s: float, measured_s: float | None) -> Gauge:
    """Return the picture of one number against its objective; the longer of both is as wide as the picture."""
    scale = WIDTH / max(objective_s, measured_s or 0.0)
    return Gauge(
        name=name,
        meaning=meaning,
        measured=0.0 if measured_s is None else max(_LEAST_WIDTH, measured_s * scale),
        objective=objective_s * scale,
        measured_text="not measured" if measured_s is None else duration.spoken(measured_s),
        objective_text=duration.spoken(objective_s),
        met=None if measured_s is None else measured_s <= objective_s,
    )


def _flags(timeline: Timeline, scale: float) -> tuple[Flag, ...]:
    """Place the labels, the last first, each above all later ones that it would touch.

    So the line from a label down to its moment crosses no other label.
    """
    flags: list[Flag] = []
    for mark in reversed(timeline.marks):
        x = mark.seconds * scale
        label = f"{_LABELS[mark.moment]} {duration.spoken(mark.seconds)}"
        end = x + len(label) * _LABEL_UNITS + _LABEL_GAP
        row = max((later.row + 1 for later in flags if later.x < end), default=0)
        flags.append(Flag(x, label, row))
    return tuple(reversed(flags))


def _ticks(end: float, scale: float) -> tuple[Tick, ...]:
    step = next((step for step in _STEPS if end / step <= _TICKS), math.ceil(end / _TICKS / 86400) * 86400)
    return tuple(Tick(number * step * scale, duration.spoken(number * step)) for number in range(int(end // step) + 1))
