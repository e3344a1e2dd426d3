"""What a drill is, and how one is run: it marks moments, asserts, damages a copy on purpose, and is judged."""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Mapping
from typing import Literal

import pydantic

from ops import errors
from ops.recovery import canonical, judgement, timeline
from ops.recovery.golden import Tier
from ops.recovery.judgement import Assertion, NegativeControl, Objective, Outcome, Verdict
from ops.recovery.point import Kind, RecoveryPoint
from ops.recovery.timeline import Mark, Measured, Moment, Timeline


class UsedMember(canonical.Statement):
    """A member of the recovery point that a drill restored from."""

    kind: Kind
    snapshot: str
    taken: pydantic.AwareDatetime


class UsedPoint(canonical.Statement):
    """The recovery point that a drill restored from; the hash is that of its signed manifest's file."""

    id: str
    sha256: str
    members: tuple[UsedMember, ...]


class Log(canonical.Statement):
    """A log that belongs to a drill and lies beside its evidence."""

    name: str
    sha256: str


class DrillRecord(canonical.Statement):
    """Everything that one drill did, saw and measured. This is what gets signed."""

    schema_version: Literal[1] = 1
    kind: Literal["drill"] = "drill"
    scenario: str
    title: str
    safe: bool
    """Whether it may run on a site that serves."""
    site: str
    started: pydantic.AwareDatetime
    ended: pydantic.AwareDatetime
    verdict: Verdict
    reasons: tuple[str, ...]
    objective: Objective
    measured: Measured
    timeline: tuple[Mark, ...]
    fault: str
    """What was broken, or declared to be, and how it is known that it was."""
    recovery_point: UsedPoint | None = None
    assertions: tuple[Assertion, ...]
    negative_control: NegativeControl | None = None
    proven: Tier | None = None
    operator_actions: int = pydantic.Field(ge=0)
    """How often a person had to do something."""
    deviations: tuple[str, ...] = ()
    environment: dict[str, str]
    """Commit, versions, machines: what would have to be the same to see the same."""
    logs: tuple[Log, ...] = ()


@dataclasses.dataclass(frozen=True)
class Clock:
    """The two clocks of a drill: `now` for stamps, `ticks` in seconds for durations."""

    now: Callable[[], datetime.datetime]
    ticks: Callable[[], float]


SYSTEM_CLOCK = Clock(lambda: datetime.datetime.now(datetime.UTC), time.monotonic)


class Recorder:
    """Collects what happens in one drill; every method may be called while it runs."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self.assertions: list[Assertion] = []
        self.control: NegativeControl | None = None
        self.deviations: list[str] = []
        self.environment: dict[str, str] = {}
        self.fault = "not reached"
        self.logs: list[Log] = []
        self.marks: list[Mark] = []
        self.operator_actions = 0
        self.point: UsedPoint | None = None
        self.proven: Tier | None = None
        self.voids: list[str] = []
        self._clock = clock
        self._start = 0.0

    def mark(self, moment: Moment) -> None:
        """Note that a moment has come. The first must be t0, and each comes once, in its order."""
        ticks = self._clock.ticks()
        if not self.marks:
            self._start = ticks
        mark = Mark(moment=moment, at=self._clock.now(), seconds=round(ticks - self._start, 3))
        self.marks = list(Timeline(marks=(*self.marks, mark)).marks)

    def compare(self, name: str, expected: object, observed: object) -> bool:
        """Assert that two things are equal, and return whether they are. The drill goes on either way."""
        result = judgement.assertion(name, expected, observed)
        self.assertions.append(result)
        return result.outcome is Outcome.HELD

    def use(self, point: RecoveryPoint, manifest_sha256: str, kinds: tuple[Kind, ...]) -> None:
        """Note which members of which recovery point are restored."""
        members = (point.member(kind) for kind in kinds)
        used = tuple(UsedMember(kind=item.kind, snapshot=item.snapshot, taken=item.taken) for item in members)
        self.point = UsedPoint(id=point.id, sha256=manifest_sha256, members=used)

    def expect_refusal(self, damage: str, check: Callable[[], object]) -> None:
        """Run a check on a copy that was damaged on purpose: it must raise IntegrityError."""
        observed, said = "accepted", ""
        try:
            check()
        except errors.IntegrityError as error:
            observed, said = "refused", error.what
        self.control = NegativeControl(damage=damage, expected="refused", observed=observed, said=said)

    def measured(self) -> Measured:
        """Return the two numbers as far as they can be told by now."""
        line = Timeline(marks=tuple(self.marks))
        fault = line.mark(Moment.FAULT)
        taken = [member.taken for member in self.point.members] if self.point else []
        age = timeline.data_age(fault.at, taken) if fault and taken else None
        return Measured(rto_s=timeline.recovery_time(line), rpo_s=age)


@dataclasses.dataclass(frozen=True)
class Drill:
    """A scenario: a name, what it shows, whether it may run on a site that serves, and what it does."""

    scenario: str
    title: str
    safe: bool
    perform: Callable[[Recorder], None]


def run(
    drill: Drill, *, site: str, objective: Objective, environment: Mapping[str, str], clock: Clock = SYSTEM_CLOCK
) -> DrillRecord:
    """Perform a drill and return its record with a verdict. What goes wrong on the way is a failed drill, by name.

    A Ctrl-C makes it void. Only defects of sitewright itself are raised.
    """
    recorder = Recorder(clock)
    recorder.environment |= environment
    started = clock.now()
    try:
        drill.perform(recorder)
    except errors.SitewrightError as error:
        recorder.compare("the drill runs to its end", "yes", f"no: {error.code}: {error.what}")
    except KeyboardInterrupt:
        recorder.voids.append("the operator stopped the drill")
    return _record(drill, recorder, site=site, objective=objective, started=started, ended=clock.now())


def _record(
    drill: Drill,
    recorder: Recorder,
    *,
    site: str,
    objective: Objective,
    started: datetime.datetime,
    ended: datetime.datetime,
) -> DrillRecord:
    try:
        measured = recorder.measured()
    except ValueError as error:
        measured = Measured()
        recorder.compare("the recovery point is from before the fault", "yes", f"no: {error}")
    result = judgement.judge(objective, measured, recorder.assertions, recorder.control, recorder.voids)
    return DrillRecord(
        scenario=drill.scenario,
        title=drill.title,
        safe=drill.safe,
        site=site,
        started=started,
        ended=ended,
        verdict=result.verdict,
        reasons=result.reasons,
        objective=objective,
        measured=measured,
        timeline=tuple(recorder.marks),
        fault=recorder.fault,
        recovery_point=recorder.point,
        assertions=tuple(recorder.assertions),
        negative_control=recorder.control,
        proven=recorder.proven,
        operator_actions=recorder.operator_actions,
        deviations=tuple(recorder.deviations),
        environment=recorder.environment,
        logs=tuple(recorder.logs),
    )


def report(record: DrillRecord, evidence_file: str) -> dict[str, pydantic.JsonValue]:
    """Return what `drill run --json` prints: the record, and where its evidence lies."""
    plain: dict[str, pydantic.JsonValue] = record.model_dump(mode="json")
    return plain | {"evidence_file": evidence_file}
