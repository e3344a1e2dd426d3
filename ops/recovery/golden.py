"""Golden questions: proof that a restored model is the same model, by its answers. Pure.

Greedy answers are equal in every character only under the same weights, engine, machine, threads and sampling: the
envelope. In another envelope an equal answer proves little and a different one nothing, so there the comparison is
unproven and never called equal. An unsteady baseline makes it unproven too: it cannot fail what it cannot hold.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import pydantic

from ops.recovery import canonical
from ops.recovery.judgement import Assertion, Outcome

BASELINE_RUNS = 5
"""How often each question is asked before its answer counts as steady."""


class Tier(enum.StrEnum):
    """What was proven of a restored model."""

    WEIGHTS = "A"
    """All files have their recorded hashes."""
    ANSWERS = "B"
    """And in the recorded envelope every answer is equal in every character."""


class Envelope(canonical.Statement):
    """Everything that an answer depends on beside the question."""

    model_digest: str
    engine: str
    """Engine with its version: 'llama xllamacpp 0.2.2'."""
    server: str
    """Triton with its version and build."""
    machine: str
    """Processor or GPU model, with the driver where there is one."""
    threads: int
    slots: int
    temperature: float
    seed: int
    max_tokens: int


class Golden(canonical.Statement):
    """One question and the answer that the site gave when the recovery point was made."""

    question: str
    answer: str


class GoldenSet(canonical.Statement):
    """The golden questions of one model with the envelope of their answers."""

    model: str
    envelope: Envelope
    runs: int = pydantic.Field(ge=1)
    """How often each question was asked; all answers were the same."""
    questions: tuple[Golden, ...] = pydantic.Field(min_length=1)


def unsteady(answers: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Given the answers to each question over several runs, return the questions that were not always answered alike.

    Raise ValueError on a question with fewer than BASELINE_RUNS answers.
    """
    for question, given in answers.items():
        if len(given) < BASELINE_RUNS:
            raise ValueError(f"{len(given)} answers to {question!r} are no baseline: {BASELINE_RUNS} are needed")
    return tuple(question for question, given in answers.items() if len(set(given)) > 1)


def changed_envelope(recorded: Envelope, now: Envelope) -> tuple[str, ...]:
    """Return what differs between two envelopes: 'threads: 2, now 1'."""
    before, after = recorded.model_dump(), now.model_dump()
    return tuple(f"{name}: {before[name]}, now {after[name]}" for name in before if before[name] != after[name])


def compare(golden: GoldenSet, answers: Mapping[str, str], envelope: Envelope) -> Assertion:
    """Given the answers of a restored model, return whether they are the golden ones."""
    name = f"answers of {golden.model}"
    expected = f"{len(golden.questions)} of {len(golden.questions)} equal in every character"
    changed = changed_envelope(golden.envelope, envelope)
    if changed:
        observed = f"not comparable, the envelope changed: {'; '.join(changed)}"
        return Assertion(name=name, expected=expected, observed=observed, outcome=Outcome.UNPROVEN)
    if golden.runs < BASELINE_RUNS:
        observed = f"not comparable, the answers were recorded from {golden.runs} runs, {BASELINE_RUNS} are needed"
        return Assertion(name=name, expected=expected, observed=observed, outcome=Outcome.UNPROVEN)
    wrong = [item for item in golden.questions if answers.get(item.question) != item.answer]
    if not wrong:
        return Assertion(name=name, expected=expected, observed=expected, outcome=Outcome.HELD)
    right = len(golden.questions) - len(wrong)
    first = wrong[0]
    observed = (
        f"{right} of {len(golden.questions)} equal; first other: {_short(first.question)} gave "
        f"{_short(answers.get(first.question, 'no answer'))}"
    )
    return Assertion(name=name, expected=expected, observed=observed, outcome=Outcome.BROKEN)


def proven(hashes: Assertion, answers: Assertion) -> Tier | None:
    """Return how far a restored model was proven: by its hashes, and by its answers too."""
    if hashes.outcome is not Outcome.HELD:
        return None
    return Tier.ANSWERS if answers.outcome is Outcome.HELD else Tier.WEIGHTS


def _short(text: str, limit: int = 60) -> str:
    return repr(text if len(text) <= limit else text[:limit] + "…")
