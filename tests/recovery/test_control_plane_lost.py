"""The story of a lost control plane over a stand-in for the lab: what is marked, asserted and refused."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from ops import errors
from ops.adapters.traffic import Count, Request, Traffic
from ops.recovery import drill
from ops.recovery.catalogue import Entry
from ops.recovery.drill import Drill, DrillRecord
from ops.recovery.drills import control_plane_lost as scenario
from ops.recovery.drills.control_plane_lost import Cluster, Means
from ops.recovery.golden import GoldenSet
from ops.recovery.judgement import Verdict
from tests.support import drills

BEFORE = Cluster({"cp1": "uid-1", "gpu1": "uid-2"}, {"triton": "uid-3 0"})


class Lab:
    """A lab of which only the moments are real."""

    def __init__(self) -> None:
        self.is_lost = False
        self.destroyed = 0
        self.answer: str | None = None
        self.after = BEFORE
        self.failure: str | None = None
        self.fails_to_come_back = False

    def lose(self) -> None:
        self.is_lost, self.destroyed = True, self.destroyed + 1

    def bring_back(self, data_is_back: Callable[[], None]) -> None:
        if self.fails_to_come_back:
            raise errors.DeployError("task 'x' failed on cp1", where="the playbook", mend="none")
        data_is_back()
        self.is_lost = False

    def ask(self, recorded: GoldenSet) -> Mapping[str, str]:
        return {item.question: self.answer or item.answer for item in recorded.questions}

    @contextlib.contextmanager
    def traffic(self) -> Iterator[Traffic]:
        traffic = Busy(self)
        yield traffic

    def means(self) -> Means:
        point = drills.recovery_point()
        return Means(
            entry=Entry(Path("point.json"), "f" * 64, point),
            node="cp1",
            prove=lambda: None,
            refuse=drills.refuse,
            lose=self.lose,
            replace=lambda: None,
            bring_back=self.bring_back,
            is_up=lambda: not self.is_lost,
            readiness=lambda: {"cp1": not self.is_lost, "gpu1": True},
            cluster=lambda: self.after if self.destroyed else BEFORE,
            ask=self.ask,
            envelope=lambda recorded: recorded.envelope,
            traffic=self.traffic,
            say=lambda line: None,
        )

    def run(self) -> DrillRecord:
        def perform(recorder: drill.Recorder) -> None:
            scenario.perform(self.means(), recorder)

        return drill.run(
            Drill(scenario.SCENARIO, scenario.TITLE, False, perform),
            site="lab",
            objective=drills.OBJECTIVE,
            environment={},
            clock=drills.clock(0.0, 2.0, 30.0, 90.0, 120.0),
        )


class Busy(Traffic):
    """Traffic that has served one more question each time it is asked."""

    def __init__(self, lab: Lab) -> None:
        super().__init__()
        self._lab = lab

    def served(self) -> int:
        self.add(Request(0.0, 0.0, None))
        return super().served()

    def count(self, start: float, end: float) -> Count:
        fresh = Traffic()
        for number in range(10):
            is_lost = self._lab.failure is not None and number < 2
            fresh.add(Request(start, end, self._lab.failure if is_lost else None))
        return fresh.count(start, end)


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_PAUSE_SECONDS", 0.0), ("_BACK_SECONDS", 0.2), ("_NOTICE_SECONDS", 0.2)):
        monkeypatch.setattr(scenario, name, value)


def test_a_control_plane_that_comes_back_is_a_pass_with_all_its_moments() -> None:
    record = Lab().run()
    assert (record.verdict, record.reasons) == (Verdict.PASS, ())
    assert [mark.moment.value for mark in record.timeline] == ["t0", "t_detect", "t_restore_start", "t_data", "t_serve"]
    assert record.measured.rto_s == 120.0
    assert record.environment["requests_served"] == "10"


def test_other_answers_before_the_loss_make_it_void_and_destroy_nothing() -> None:
    lab = Lab()
    lab.answer = "something else"
    record = lab.run()
    assert (record.verdict, lab.destroyed) == (Verdict.VOID, 0)
    assert "nothing was destroyed" in record.reasons[0]


def test_a_recovery_point_that_cannot_be_had_back_destroys_nothing() -> None:
    lab = Lab()
    means = dataclasses.replace(lab.means(), prove=drills.refuse)
    record = drill.run(
        Drill(scenario.SCENARIO, scenario.TITLE, False, lambda recorder: scenario.perform(means, recorder)),
        site="lab",
        objective=drills.OBJECTIVE,
        environment={},
    )
    assert (record.verdict, lab.destroyed) == (Verdict.FAIL, 0)


def test_a_playbook_that_fails_fails_the_drill_with_its_cause() -> None:
    lab = Lab()
    lab.fails_to_come_back = True
    record = lab.run()
    assert record.verdict is Verdict.FAIL
    assert any("E-DEPLOY: task 'x' failed on cp1" in reason for reason in record.reasons)


def test_requests_that_were_lost_are_counted_and_judged() -> None:
    lab = Lab()
    lab.failure = "status 503"
    record = lab.run()
    assert record.environment["requests_failed"] == "2 status 503"
    assert (record.verdict, len(record.reasons)) == (Verdict.FAIL, 1)


@pytest.mark.parametrize(
    "after", [Cluster({"cp1": "uid-9", "gpu1": "uid-2"}, BEFORE.pods), Cluster(BEFORE.nodes, {"triton": "uid-3 1"})]
)
def test_another_identity_or_a_restarted_pod_fails_the_drill(after: Cluster) -> None:
    lab = Lab()
    lab.after = after
    assert lab.run().verdict is Verdict.FAIL
