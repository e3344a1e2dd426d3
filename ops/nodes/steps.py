"""The state machine of one node: which steps are left, and what a step's end makes of the journal. Pure."""

from __future__ import annotations

import datetime

from ops import errors
from ops.nodes.acts import Act, Step
from ops.nodes.journal import Entry, Journal, Record, State

_CHANGING = (Step.ACT, Step.RESTART, Step.VERIFY)
"""Steps during which the node must be cordoned and empty."""


def left(entry: Entry, act: Act) -> tuple[Step, ...]:
    """Return the steps that a start has to do, in order.

    Steps that ended well are not done again, but cordon and drain are made sure of as long as the node is worked on:
    between two starts somebody may have uncordoned it.
    """
    if entry.state in {State.DONE, State.RESTORED}:
        return ()
    missing = [step for step in act.steps if not entry.has(step)]
    if any(step in _CHANGING for step in missing):
        return tuple(step for step in act.steps if step in missing or step in {Step.CORDON, Step.DRAIN})
    return tuple(missing)


def begin(entry: Entry, now: datetime.datetime) -> Entry:
    """Return the entry of a node whose turn it is, with what an earlier start said of it cleared."""
    return entry.model_copy(update={"state": State.OPEN, "since": now, "error": "", "mend": "", "failed_at": None})


def check_order(entry: Entry, act: Act, step: Step) -> None:
    """Raise DeployError where a step comes before one that it needs."""
    before = act.steps[: act.steps.index(step)]
    missing = [other for other in before if not entry.has(other)]
    if missing:
        raise errors.DeployError(
            f"step {step} of {act.name} comes before {missing[0]} has ended",
            where=entry.node,
            mend="run the playbook as it is in playbooks/; this is a defect of the role `maintenance`",
        )


def complete(entry: Entry, step: Step, now: datetime.datetime) -> Entry:
    """Return the entry after a step that ended well."""
    seconds = (now - entry.since).total_seconds() if entry.since is not None else 0.0
    record = Record(step=step, ended=now, seconds=seconds)
    kept = tuple(other for other in entry.done if other.step is not step)
    return entry.model_copy(update={"done": (*kept, record), "since": now})


def settle(entry: Entry, act: Act) -> Entry:
    """Return the entry as done when nothing of it is left."""
    if left(entry, act):
        return entry
    return entry.model_copy(update={"state": State.DONE, "since": None})


def fail(entry: Entry, act: Act, error: str, mend: str) -> Entry:
    """Return the entry of a node that a step failed on: the first one that did not end well.

    Where its previous versions are about to come back, what changed it no longer counts as done, so that a kill in
    the middle of that is no half-truth.
    """
    missing = [step for step in act.steps if not entry.has(step)]
    failed_at = missing[0] if missing else act.steps[-1]
    undone = _CHANGING if failed_at in _CHANGING and entry.packages else ()
    return entry.model_copy(
        update={
            "state": State.FAILED,
            "failed_at": failed_at,
            "done": tuple(record for record in entry.done if record.step not in undone),
            "error": error,
            "mend": mend,
        }
    )


def must_undo(entry: Entry) -> bool:
    """Say whether a failed node has to be put on its previous versions: it may have been changed."""
    return entry.failed_at in _CHANGING and bool(entry.packages)


def restored(entry: Entry) -> Entry:
    """Return the entry of a failed node that is in service again, as it was before."""
    return entry.model_copy(update={"state": State.RESTORED, "done": (), "since": None})


def resume(journal: Journal) -> Journal:
    """Return a journal at the start of another run: restored nodes are tried again, failed ones gone on with."""
    entries = tuple(
        entry.model_copy(update={"state": State.WAITING if not entry.done else State.OPEN})
        if entry.state in {State.RESTORED, State.FAILED}
        else entry
        for entry in journal.entries
    )
    return journal.model_copy(update={"entries": entries})


def unfinished(journal: Journal) -> tuple[Entry, ...]:
    """Return the entries of nodes that are not done, those in progress first."""
    entries = [entry for entry in journal.entries if entry.state is not State.DONE]
    return tuple(sorted(entries, key=lambda entry: entry.state is State.WAITING))
