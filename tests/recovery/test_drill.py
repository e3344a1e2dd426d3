"""Running a drill: what happens in it becomes its record, and what goes wrong becomes a failed drill."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable

import pytest

from ops import errors
from ops.recovery import drill
from ops.recovery.drill import Recorder
from ops.recovery.judgement import Verdict
from ops.recovery.point import Kind
from ops.recovery.timeline import Moment
from tests.support import drills


def run(perform: Callable[[Recorder], None], *seconds: float) -> drill.DrillRecord:
    made = drill.Drill("model-restore", "A drill", safe=True, perform=perform)
    times = drills.clock(*(seconds or (0.0, 1.0, 2.0, 3.0)))
    return drill.run(made, site="lab", objective=drills.OBJECTIVE, environment={"commit": "abc"}, clock=times)


def test_a_drill_that_went_well_passes_with_its_numbers() -> None:
    record = drills.record()
    assert record.verdict is Verdict.PASS
    assert record.reasons == ()
    assert record.measured.rto_s == 94.7
    assert record.measured.rpo_s == 7 * 3600 - 5
    assert record.proven == "B"


def test_the_report_has_the_names_that_scripts_read() -> None:
    report = drill.report(drills.record(), "/var/lib/evidence/000001-model-restore.json")
    assert report["scenario"] == "model-restore"
    assert report["verdict"] == "pass"
    assert report["objective"] == {"rto_s": 600.0, "rpo_s": 86400.0}
    assert report["measured"] == {"rto_s": 94.7, "rpo_s": 25195.0}
    control = report["negative_control"]
    assert isinstance(control, dict)
    assert (control["expected"], control["observed"]) == ("refused", "refused")
    assert report["evidence_file"] == "/var/lib/evidence/000001-model-restore.json"
    assert isinstance(report["timeline"], list)
    assert json.loads(json.dumps(report)) == report


def test_an_error_on_the_way_is_a_failed_drill_that_names_its_cause() -> None:
    def perform(recorder: Recorder) -> None:
        recorder.mark(Moment.FAULT)
        raise errors.UnreachableError("the backup server does not answer", where="x", mend="y")

    record = run(perform)
    assert record.verdict is Verdict.FAIL
    assert "E-UNREACHABLE: the backup server does not answer" in record.reasons[0]


def test_a_defect_of_our_own_is_raised() -> None:
    def perform(recorder: Recorder) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(perform)


def test_a_stopped_drill_is_void() -> None:
    def perform(recorder: Recorder) -> None:
        raise KeyboardInterrupt

    record = run(perform)
    assert record.verdict is Verdict.VOID
    assert record.reasons[0] == "the operator stopped the drill"


def test_a_negative_control_that_is_accepted_voids_the_drill() -> None:
    def perform(recorder: Recorder) -> None:
        drills.model_restore(recorder)
        recorder.expect_refusal("nothing at all", lambda: None)

    record = run(perform)
    assert record.verdict is Verdict.VOID
    assert record.negative_control is not None
    assert record.negative_control.observed == "accepted"


def test_a_negative_control_that_fails_for_another_reason_fails_the_drill() -> None:
    def unreachable() -> None:
        raise errors.UnreachableError("no answer", where="x", mend="y")

    def perform(recorder: Recorder) -> None:
        drills.model_restore(recorder)
        recorder.expect_refusal("a byte flipped", unreachable)

    assert run(perform).verdict is Verdict.FAIL


def test_a_recovery_point_from_the_future_fails_the_drill() -> None:
    def perform(recorder: Recorder) -> None:
        recorder.mark(Moment.FAULT)
        recorder.use(drills.recovery_point(age=datetime.timedelta(hours=-1)), "f" * 64, (Kind.MODELS,))
        recorder.mark(Moment.SERVING)

    record = run(perform)
    assert record.verdict is Verdict.FAIL
    assert "after the fault" in record.reasons[0]


def test_moments_out_of_order_are_a_defect() -> None:
    def perform(recorder: Recorder) -> None:
        recorder.mark(Moment.FAULT)
        recorder.mark(Moment.SERVING)
        recorder.mark(Moment.DATA)

    with pytest.raises(ValueError, match="t_data cannot come after t_serve"):
        run(perform)


def test_only_the_members_that_were_used_count_for_the_age() -> None:
    def perform(recorder: Recorder) -> None:
        recorder.mark(Moment.FAULT)
        recorder.use(drills.recovery_point(), "f" * 64, (Kind.ETCD, Kind.MODELS))
        recorder.mark(Moment.SERVING)

    assert run(perform).measured.rpo_s == 7 * 3600 - list(Kind).index(Kind.ETCD)


def test_the_real_clock_runs() -> None:
    recorder = Recorder()
    recorder.mark(Moment.FAULT)
    recorder.mark(Moment.SERVING)
    assert recorder.marks[0].at.tzinfo is not None
    assert recorder.marks[1].seconds >= 0
