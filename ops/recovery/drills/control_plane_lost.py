"""The control plane's machine is destroyed, and comes back from the recovery point while the workers serve on.

For labs only. The operator's machine runs it: the drill host signs what was seen.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from ops import errors
from ops.adapters.traffic import Count, Traffic
from ops.recovery import duration, golden
from ops.recovery.catalogue import Entry
from ops.recovery.drill import Recorder
from ops.recovery.golden import Envelope, GoldenSet
from ops.recovery.judgement import Assertion, Outcome
from ops.recovery.point import Kind
from ops.recovery.timeline import Moment

SCENARIO = "control-plane-lost"
TITLE = "The control plane's machine is lost, and comes back from the backup while the workers serve on"
KINDS = (Kind.ETCD, Kind.PKI)

WARM_SERVED = 5
"""Answers before the loss: without them nobody could say that the loss cost any."""
_WARM_SECONDS = 120.0
_BACK_SECONDS = 600.0
_NOTICE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_LEAST_SHARE = 0.9
"""Share of the questions that the workers must answer while there is no control plane."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """What must be the same before and after: identities of nodes and of the models' pods, with their restarts."""

    nodes: Mapping[str, str]
    pods: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Means:
    """What this drill does to the lab and asks of it."""

    entry: Entry
    node: str
    """The control plane that is lost."""
    prove: Callable[[], object]
    """Restore the members from the backup and compare them, before anything is destroyed."""
    refuse: Callable[[], object]
    """Run the same comparison on a damaged copy: it must raise IntegrityError."""
    lose: Callable[[], None]
    replace: Callable[[], None]
    """Make an empty machine with the old one's address."""
    bring_back: Callable[[Callable[[], None]], None]
    """Run the playbook; call back when keys and data are in their place."""
    is_up: Callable[[], bool]
    readiness: Callable[[], Mapping[str, bool]]
    cluster: Callable[[], Cluster]
    ask: Callable[[GoldenSet], Mapping[str, str]]
    envelope: Callable[[GoldenSet], Envelope]
    traffic: Callable[[], AbstractContextManager[Traffic]]
    say: Callable[[str], None]


def perform(means: Means, recorder: Recorder) -> None:
    """Lose the control plane, bring it back, and note what was served meanwhile."""
    point = means.entry.point
    recorder.environment |= {"lost_node": means.node}
    if not _is_steady(means, recorder):
        return
    means.say("restoring from the backup before anything is destroyed")
    means.prove()
    recorder.expect_refusal(
        "one bit of the snapshot was flipped in the copy that the playbook would restore", means.refuse
    )
    before = means.cluster()
    with means.traffic() as traffic:
        _warm(traffic)
        means.say(f"destroying {means.node}")
        recorder.fault = f"machine {means.node} was destroyed with its disk; its API was seen to be gone"
        started = time.monotonic()
        recorder.mark(Moment.FAULT)
        recorder.use(point, means.entry.sha256, KINDS)
        _lose(means, recorder, started)
        means.say("making an empty machine in its place")
        means.replace()
        recorder.mark(Moment.RESTORE_STARTED)
        means.bring_back(lambda: _data_is_back(recorder, means))
        _wait_until_served(means, recorder)
        served = time.monotonic()
        _settle(traffic)
    _compare(means, recorder, before)
    _count(recorder, traffic.count(started, served))


def _is_steady(means: Means, recorder: Recorder) -> bool:
    """Ask the golden questions before the loss; without the golden answers the drill can prove nothing."""
    for recorded in means.entry.point.golden:
        seen = golden.compare(recorded, means.ask(recorded), means.envelope(recorded))
        if seen.outcome is not Outcome.HELD:
            recorder.voids.append(f"{seen.name} before the loss: {seen.observed}; nothing was destroyed")
    waiting = sorted(name for name, ready in means.readiness().items() if not ready)
    if waiting:
        recorder.voids.append(f"nodes not ready before the loss: {', '.join(waiting)}; nothing was destroyed")
    return not recorder.voids


def _warm(traffic: Traffic) -> None:
    deadline = time.monotonic() + _WARM_SECONDS
    while traffic.served() < WARM_SERVED:
        if time.monotonic() > deadline:
            raise errors.UnreachableError(
                f"the gateway gave {traffic.served()} answers in {_WARM_SECONDS:g} s; nothing was destroyed",
                where="the gateway",
                mend="look at: sitewright status",
            )
        time.sleep(_PAUSE_SECONDS)


def _lose(means: Means, recorder: Recorder, started: float) -> None:
    """Destroy the machine, and wait until its API is gone for a client."""
    means.lose()
    while means.is_up():
        if time.monotonic() - started > _NOTICE_SECONDS:
            raise errors.DeployError(
                "the API still answers although its machine is gone", where=means.node, mend="look at the load balancer"
            )
        time.sleep(_PAUSE_SECONDS)
    recorder.mark(Moment.DETECTED)


def _data_is_back(recorder: Recorder, means: Means) -> None:
    means.say("keys and data are back; the control plane starts")
    recorder.mark(Moment.DATA)


def _wait_until_served(means: Means, recorder: Recorder) -> None:
    """Wait until the API answers, all nodes are ready and every golden answer is right; note the last answers."""
    deadline = time.monotonic() + _BACK_SECONDS
    answers: list[Assertion] = []
    while time.monotonic() < deadline:
        with contextlib.suppress(errors.UnreachableError):
            if all(means.readiness().values()):
                answers = [
                    golden.compare(recorded, means.ask(recorded), means.envelope(recorded))
                    for recorded in means.entry.point.golden
                ]
                if all(item.outcome is Outcome.HELD for item in answers):
                    recorder.mark(Moment.SERVING)
                    break
        time.sleep(_PAUSE_SECONDS)
    recorder.assertions += answers
    recorder.compare("nodes that are not ready", "none", _waiting(means))


def _waiting(means: Means) -> str:
    return ", ".join(sorted(name for name, ready in means.readiness().items() if not ready)) or "none"


def _settle(traffic: Traffic) -> None:
    """Let questions that were asked before the service was back have their answer, before they are counted."""
    served = traffic.served()
    deadline = time.monotonic() + _NOTICE_SECONDS
    while traffic.served() < served + WARM_SERVED and time.monotonic() < deadline:
        time.sleep(_PAUSE_SECONDS)


def _compare(means: Means, recorder: Recorder, before: Cluster) -> None:
    after = means.cluster()
    recorder.compare("identity of each node is the one of before", dict(before.nodes), dict(after.nodes))
    kept = sum(1 for name, state in before.pods.items() if after.pods.get(name) == state)
    recorder.compare("pods of models and gateway that ran on", len(before.pods), kept)


def _count(recorder: Recorder, count: Count) -> None:
    """Note how many questions were served while there was no control plane, and assert that most of them were."""
    failed = ", ".join(f"{number} {reason}" for reason, number in sorted(count.failed.items())) or "none"
    share = count.served / count.sent if count.sent else 0.0
    recorder.environment |= {
        "requests_sent": str(count.sent),
        "requests_served": str(count.served),
        "requests_failed": failed,
        "longest_time_without_an_answer": duration.spoken(count.longest_silence),
    }
    recorder.assertions.append(
        Assertion(
            name="requests served while there was no control plane",
            expected=f"at least {_LEAST_SHARE:.0%}",
            observed=f"{count.served} of {count.sent}; failed: {failed}",
            outcome=Outcome.HELD if share >= _LEAST_SHARE else Outcome.BROKEN,
        )
    )
