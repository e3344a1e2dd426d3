from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from ops.services.llm_backend import line
from ops.services.llm_backend.errors import Code, GenerationError


class _Job:
    """Runs until it is let go."""

    def __init__(self, error: Exception | None = None) -> None:
        self.started = threading.Event()
        self.let_go = threading.Event()
        self.failed = threading.Event()
        self.faults: list[GenerationError] = []
        self.beats = 0
        self.gone = False
        self._error = error

    def run(self) -> None:
        self.started.set()
        assert self.let_go.wait(10)
        if self._error is not None:
            raise self._error

    def fail(self, fault: GenerationError) -> None:
        self.faults.append(fault)
        self.failed.set()

    def beat(self) -> None:
        self.beats += 1

    def cancelled(self) -> bool:
        return self.gone


class _Gauges:
    """Remembers what the line reported."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, int]] = []
        self._changed = threading.Condition()

    def __call__(self, waiting: int, running: int) -> None:
        with self._changed:
            self.seen.append((waiting, running))
            self._changed.notify_all()

    def wait_for(self, waiting: int, running: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.seen[-1:] == [(waiting, running)], 10), self.seen


@pytest.fixture
def gauges() -> _Gauges:
    return _Gauges()


@pytest.fixture
def made(gauges: _Gauges) -> Iterator[line.Line]:
    """A line with one slot and one place to wait."""
    one = line.Line(1, 1, gauges)
    yield one
    one.close()


def test_one_runs_one_waits_and_the_third_is_refused(made: line.Line, gauges: _Gauges) -> None:
    first, second = _Job(), _Job()
    made.admit(first)
    assert first.started.wait(10)
    made.admit(second)
    gauges.wait_for(1, 1)
    with pytest.raises(GenerationError, match="1 requests run and 1 wait already") as caught:
        made.admit(_Job())
    assert caught.value.code is Code.OVERLOADED
    first.let_go.set()
    assert second.started.wait(10)
    second.let_go.set()
    gauges.wait_for(0, 0)


def test_a_job_whose_client_left_gives_its_place_away(made: line.Line, gauges: _Gauges) -> None:
    running, waiting = _Job(), _Job()
    made.admit(running)
    made.admit(waiting)
    waiting.gone = True
    assert waiting.failed.wait(10)
    gauges.wait_for(0, 1)
    assert waiting.beats > 0
    assert running.beats == 0
    made.admit(later := _Job())
    for job in (running, later):
        job.let_go.set()
    gauges.wait_for(0, 0)
    assert not waiting.started.is_set()


def test_a_job_that_breaks_down_is_answered_and_frees_its_slot(
    made: line.Line, gauges: _Gauges, caplog: pytest.LogCaptureFixture
) -> None:
    broken = _Job(RuntimeError("out of luck"))
    broken.let_go.set()
    with caplog.at_level(logging.ERROR):
        made.admit(broken)
        assert broken.failed.wait(10)
    assert broken.faults[0].code is Code.ENGINE_FAILED
    assert "out of luck" in str(broken.faults[0])
    assert "out of luck" in caplog.text
    gauges.wait_for(0, 0)


def test_closing_refuses_what_waits_and_finishes_what_runs(gauges: _Gauges) -> None:
    closing = line.Line(1, 1, gauges)
    running, waiting = _Job(), _Job()
    closing.admit(running)
    assert running.started.wait(10)
    closing.admit(waiting)
    thread = threading.Thread(target=closing.close)
    thread.start()
    assert waiting.failed.wait(10)
    assert waiting.faults[0].code is Code.STOPPING
    assert thread.is_alive()
    running.let_go.set()
    thread.join(10)
    assert not thread.is_alive()
    assert not running.faults
    assert gauges.seen[-1] == (0, 0)
