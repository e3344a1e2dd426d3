"""From what was seen to the verdict."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops.recovery import judgement
from ops.recovery.judgement import Assertion, NegativeControl, Objective, Outcome, Verdict
from ops.recovery.timeline import Measured

OBJECTIVE = Objective(rto_s=600, rpo_s=3600)
IN_TIME = Measured(rto_s=600, rpo_s=3600)
CAUGHT = NegativeControl(damage="a byte flipped", expected="refused", observed="refused")
BLIND = NegativeControl(damage="a byte flipped", expected="refused", observed="accepted")

_ASSERTIONS = st.lists(
    st.builds(
        Assertion, name=st.just("a"), expected=st.just("x"), observed=st.just("y"), outcome=st.sampled_from(Outcome)
    )
)
_NUMBERS = st.none() | st.floats(0, 10_000)


def seen(outcome: Outcome) -> Assertion:
    return Assertion(name="answers", expected="4", observed="5", outcome=outcome)


@given(
    _ASSERTIONS, _NUMBERS, _NUMBERS, st.sampled_from([None, CAUGHT, BLIND]), st.lists(st.just("stopped"), max_size=1)
)
def test_pass_means_everything_was_seen_to_be_right(
    assertions: list[Assertion],
    rto: float | None,
    rpo: float | None,
    control: NegativeControl | None,
    voids: list[str],
) -> None:
    result = judgement.judge(OBJECTIVE, Measured(rto_s=rto, rpo_s=rpo), assertions, control, voids)
    proven = (
        bool(assertions)
        and all(item.outcome is Outcome.HELD for item in assertions)
        and rto is not None
        and rto <= OBJECTIVE.rto_s
        and rpo is not None
        and rpo <= OBJECTIVE.rpo_s
        and control is CAUGHT
        and not voids
    )
    assert (result.verdict is Verdict.PASS) == proven
    assert bool(result.reasons) == (not proven)
    if any(item.outcome is Outcome.BROKEN for item in assertions):
        assert result.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("measured", "outcome", "control", "voids", "verdict", "reason"),
    [
        (IN_TIME, Outcome.BROKEN, CAUGHT, [], Verdict.FAIL, "answers: expected 4, was 5"),
        (IN_TIME, Outcome.BROKEN, BLIND, ["stopped"], Verdict.FAIL, "answers: expected 4, was 5"),
        (IN_TIME, Outcome.UNPROVEN, CAUGHT, [], Verdict.VOID, "answers: 5"),
        (IN_TIME, Outcome.HELD, BLIND, [], Verdict.VOID, "the negative control was not caught"),
        (IN_TIME, Outcome.HELD, None, [], Verdict.VOID, "the negative control did not run"),
        (IN_TIME, Outcome.HELD, CAUGHT, ["stopped"], Verdict.VOID, "stopped"),
        (Measured(rto_s=601, rpo_s=1), Outcome.HELD, CAUGHT, [], Verdict.FAIL, "recovery time: 10 min 1 s"),
        (
            Measured(rto_s=1, rpo_s=3601),
            Outcome.HELD,
            CAUGHT,
            [],
            Verdict.FAIL,
            "age of the data: 1 h, 1 s more than the objective of 1 h",
        ),
        (Measured(rpo_s=1), Outcome.HELD, CAUGHT, [], Verdict.FAIL, "the service did not answer"),
        (Measured(), Outcome.HELD, CAUGHT, ["stopped"], Verdict.VOID, "stopped"),
    ],
)
def test_each_fault_gives_its_verdict_and_reason(
    measured: Measured,
    outcome: Outcome,
    control: NegativeControl | None,
    voids: list[str],
    verdict: Verdict,
    reason: str,
) -> None:
    result = judgement.judge(OBJECTIVE, measured, [seen(outcome)], control, voids)
    assert result.verdict is verdict
    assert reason in result.reasons[0]


def test_a_drill_that_asserted_nothing_is_void() -> None:
    assert judgement.judge(OBJECTIVE, IN_TIME, [], CAUGHT).verdict is Verdict.VOID


def test_equal_things_hold() -> None:
    assert judgement.assertion("pods", 0, 0).outcome is Outcome.HELD
    assert judgement.assertion("pods", 0, 1) == Assertion(
        name="pods", expected="0", observed="1", outcome=Outcome.BROKEN
    )
