"""When equal answers prove a model, and when nothing can be told."""

from __future__ import annotations

import pytest

from ops.recovery import golden
from ops.recovery.judgement import Assertion, Outcome
from tests.support import drills

RIGHT = {"What is 2 + 2?": "4", "Name a sea.": "Baltic"}


def golden_set(runs: int = golden.BASELINE_RUNS) -> golden.GoldenSet:
    questions = tuple(golden.Golden(question=question, answer=answer) for question, answer in RIGHT.items())
    return golden.GoldenSet(model="smollm2", envelope=drills.ENVELOPE, runs=runs, questions=questions)


def test_equal_answers_in_the_same_envelope_hold() -> None:
    assert golden.compare(golden_set(), RIGHT, drills.ENVELOPE).outcome is Outcome.HELD


@pytest.mark.parametrize(
    ("answers", "seen"),
    [
        (RIGHT | {"Name a sea.": "baltic"}, "1 of 2 equal; first other: 'Name a sea.' gave 'baltic'"),
        (RIGHT | {"Name a sea.": "Baltic "}, "1 of 2 equal"),
        ({}, "0 of 2 equal; first other: 'What is 2 + 2?' gave 'no answer'"),
        (RIGHT | {"Name a sea.": "x" * 500}, "xxx…'"),
    ],
)
def test_one_other_character_breaks_it(answers: dict[str, str], seen: str) -> None:
    result = golden.compare(golden_set(), answers, drills.ENVELOPE)
    assert result.outcome is Outcome.BROKEN
    assert seen in result.observed


@pytest.mark.parametrize("change", [{"machine": "another"}, {"threads": 2}, {"engine": "vllm"}, {"seed": 8}])
def test_another_envelope_proves_nothing_either_way(change: dict[str, object]) -> None:
    other = drills.ENVELOPE.model_copy(update=change)
    for answers in (RIGHT, {}):
        result = golden.compare(golden_set(), answers, other)
        assert result.outcome is Outcome.UNPROVEN
        assert f"{next(iter(change))}: " in result.observed


def test_answers_from_too_few_runs_prove_nothing() -> None:
    assert golden.compare(golden_set(runs=4), RIGHT, drills.ENVELOPE).outcome is Outcome.UNPROVEN


def test_unsteady_questions_are_found() -> None:
    assert golden.unsteady({"a": ["x"] * 5, "b": ["x", "x", "x", "x", "y"]}) == ("b",)
    with pytest.raises(ValueError, match="are no baseline"):
        golden.unsteady({"a": ["x"] * 4})


def test_the_tier_is_what_was_proven() -> None:
    def seen(outcome: Outcome) -> Assertion:
        return Assertion(name="x", expected="", observed="", outcome=outcome)

    assert golden.proven(seen(Outcome.HELD), seen(Outcome.HELD)) is golden.Tier.ANSWERS
    assert golden.proven(seen(Outcome.HELD), seen(Outcome.UNPROVEN)) is golden.Tier.WEIGHTS
    assert golden.proven(seen(Outcome.BROKEN), seen(Outcome.HELD)) is None
