"""When what happened in a drill, and the two numbers that follow from it. Pure.

Definitions, after NIST SP 800-34 and the site's own rule that a service is back when it has answered a question:
RTO measured = t_serve - t0, by a clock that nobody sets; RPO measured = t0 - the start of the oldest member's backup in
the recovery point used, because what was written after a backup's start need not be in it.
"""

from __future__ import annotations

import datetime
import enum
import itertools
from collections.abc import Iterable

import pydantic

from ops.recovery import canonical


class Moment(enum.StrEnum):
    """The moments that every drill may have, in the order in which they happen."""

    FAULT = "t0"
    """The fault was injected, or declared to have happened."""
    DETECTED = "t_detect"
    """The first alert or failed check."""
    DECIDED = "t_decide"
    """Somebody or something chose to restore."""
    RESTORE_STARTED = "t_restore_start"
    DATA = "t_data"
    """All bytes are back and their hashes are right."""
    SERVING = "t_serve"
    """The first golden question got its right answer."""
    REDUNDANT = "t_redundant"
    """Everything that was there twice is there twice again."""


_ORDER = tuple(Moment)


class Mark(canonical.Statement):
    """One moment that came. `seconds` runs on a monotonic clock from t0; `at` is the wall clock, for people."""

    moment: Moment
    at: pydantic.AwareDatetime
    seconds: float = pydantic.Field(ge=0, allow_inf_nan=False)


class Phase(canonical.Statement):
    """The time from one moment to the next that came, in seconds from t0."""

    name: str
    start: float
    end: float


class Measured(canonical.Statement):
    """What a drill measured, in seconds; absent where it did not get that far."""

    rto_s: float | None = None
    rpo_s: float | None = None


class Timeline(canonical.Statement):
    """The moments of one drill: t0 first, each at most once, none before an earlier one."""

    marks: tuple[Mark, ...]

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> Timeline:
        moments = [_ORDER.index(mark.moment) for mark in self.marks]
        if moments and (moments[0] != 0 or self.marks[0].seconds != 0):
            raise ValueError("a timeline starts with t0, at 0 seconds")
        for earlier, later in itertools.pairwise(moments):
            if later <= earlier:
                raise ValueError(f"{_ORDER[later]} cannot come after {_ORDER[earlier]}")
        seconds = [mark.seconds for mark in self.marks]
        if seconds != sorted(seconds):
            raise ValueError("the seconds of a timeline cannot run backwards")
        return self

    def mark(self, moment: Moment) -> Mark | None:
        """Return the mark of a moment, or None when it did not come."""
        return next((mark for mark in self.marks if mark.moment is moment), None)

    def seconds_between(self, start: Moment, end: Moment) -> float | None:
        """Return the seconds from one moment to another, or None when one of them did not come."""
        first, last = self.mark(start), self.mark(end)
        return None if first is None or last is None else last.seconds - first.seconds

    def phases(self) -> tuple[Phase, ...]:
        """Return the stretches between the moments that came."""
        pairs = itertools.pairwise(self.marks)
        return tuple(Phase(name=_PHASES[late.moment], start=early.seconds, end=late.seconds) for early, late in pairs)


_PHASES = {
    Moment.DETECTED: "notice",
    Moment.DECIDED: "decide",
    Moment.RESTORE_STARTED: "prepare",
    Moment.DATA: "restore data",
    Moment.SERVING: "start service",
    Moment.REDUNDANT: "make redundant",
}


def recovery_time(timeline: Timeline) -> float | None:
    """Return the measured RTO in seconds: from t0 to the first right answer. None when no answer came."""
    return timeline.seconds_between(Moment.FAULT, Moment.SERVING)


def data_age(fault: datetime.datetime, taken: Iterable[datetime.datetime]) -> float:
    """Return the measured RPO in seconds: how old the oldest member of the recovery point was at the fault.

    Raise ValueError when there is no member, or when one is from after the fault: a clock is wrong, or it is forged.
    """
    stamps = sorted(taken)
    if not stamps:
        raise ValueError("a recovery point without members has no age")
    if stamps[-1] > fault:
        raise ValueError(f"a member is from {stamps[-1]:%Y-%m-%dT%H:%M:%SZ}, after the fault")
    return (fault - stamps[0]).total_seconds()


def skew(taken: Iterable[datetime.datetime]) -> float:
    """Return the seconds between the first and the last member's backup: how far apart the parts of one point are."""
    stamps = sorted(taken)
    return (stamps[-1] - stamps[0]).total_seconds() if stamps else 0.0
