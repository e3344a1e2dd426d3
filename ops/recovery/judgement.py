"""From what a drill saw to its verdict. Pure: the same facts always give the same verdict.

Fail outranks void: what was seen to be broken stays broken, whatever else could not be told. Void is not pass: it
raises the same alert, because a drill that could tell nothing has proven nothing.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

import pydantic

from ops.recovery import canonical, duration
from ops.recovery.timeline import Measured
from ops.spec import model


class Verdict(enum.StrEnum):
    """How a drill ended."""

    PASS = "pass"  # noqa: S105 - the word for a passed drill
    FAIL = "fail"
    VOID = "void"


class Outcome(enum.StrEnum):
    """Whether an assertion was true."""

    HELD = "held"
    BROKEN = "broken"
    UNPROVEN = "unproven"
    """It could not be told: its premise was missing, as with answers that were never steady."""


class Objective(canonical.Statement):
    """What the spec promises, in seconds."""

    rto_s: float = pydantic.Field(gt=0, allow_inf_nan=False)
    rpo_s: float = pydantic.Field(gt=0, allow_inf_nan=False)

    @classmethod
    def of(cls, site: model.Site) -> Objective:
        """Return what a site's spec promises of every drill."""
        return cls(rto_s=site.recovery.rto, rpo_s=site.recovery.rpo)


class Assertion(canonical.Statement):
    """One thing that the drill looked at: what should be, what was."""

    name: str
    expected: str
    observed: str
    outcome: Outcome


class NegativeControl(canonical.Statement):
    """The drill's own test: a copy damaged on purpose, that the same checks must refuse."""

    damage: str
    """What was done to the copy."""
    expected: str
    observed: str
    said: str = ""
    """What the checks said about it."""

    @property
    def caught(self) -> bool:
        """Whether the checks saw the damage."""
        return self.expected == self.observed


class Judgement(canonical.Statement):
    """A verdict with its reasons; a pass has none."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()


def assertion(name: str, expected: object, observed: object) -> Assertion:
    """Return an assertion that holds when both are equal; both are kept as text."""
    outcome = Outcome.HELD if expected == observed else Outcome.BROKEN
    return Assertion(name=name, expected=str(expected), observed=str(observed), outcome=outcome)


def judge(
    objective: Objective,
    measured: Measured,
    assertions: Sequence[Assertion],
    control: NegativeControl | None,
    voids: Sequence[str] = (),
) -> Judgement:
    """Given everything that a drill saw, return its verdict.

    `voids` are reasons why it can prove nothing, such as the operator's Ctrl-C: with one of them, a number that was
    never measured is no missed objective.
    """
    broken = [f"{item.name}: expected {item.expected}, was {item.observed}" for item in assertions if _is_broken(item)]
    broken += _missed("recovery time", objective.rto_s, measured.rto_s)
    broken += _missed("age of the data", objective.rpo_s, measured.rpo_s)
    unmeasured = []
    if measured.rto_s is None:
        unmeasured.append("recovery time: the service did not answer")
    if measured.rpo_s is None:
        unmeasured.append("age of the data: no recovery point was used")
    if not voids:
        broken += unmeasured
    if broken:
        return Judgement(verdict=Verdict.FAIL, reasons=tuple(broken))
    unproven = [*voids, *unmeasured]
    unproven += [f"{item.name}: {item.observed}" for item in assertions if item.outcome is Outcome.UNPROVEN]
    if not assertions:
        unproven.append("nothing was asserted")
    if control is None:
        unproven.append("the negative control did not run")
    elif not control.caught:
        unproven.append(f"the negative control was not caught: {control.damage}, observed {control.observed}")
    if unproven:
        return Judgement(verdict=Verdict.VOID, reasons=tuple(unproven))
    return Judgement(verdict=Verdict.PASS)


def _is_broken(item: Assertion) -> bool:
    return item.outcome is Outcome.BROKEN


def _missed(name: str, objective: float, measured: float | None) -> list[str]:
    """Return why an objective was missed, or nothing. Exactly on the objective is in time."""
    if measured is None or measured <= objective:
        return []
    late = duration.spoken(measured - objective)
    return [f"{name}: {duration.spoken(measured)}, {late} more than the objective of {duration.spoken(objective)}"]
