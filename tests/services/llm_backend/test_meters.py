from __future__ import annotations

import threading
import time
from typing import Any, ClassVar

from ops.services.llm_backend import meters


class _Metric:
    """Like Triton's: two calls at once are the end."""

    def __init__(self) -> None:
        self.values: list[float] = []
        self._busy = threading.Lock()

    def set(self, value: float) -> None:
        assert self._busy.acquire(blocking=False), "two calls at once"
        time.sleep(0.0005)
        self.values.append(value)
        self._busy.release()

    def increment(self, value: float) -> None:
        self.set(value)

    def observe(self, value: float) -> None:
        self.set(value)


class _Family:
    """Like pb_utils.MetricFamily."""

    GAUGE, COUNTER, HISTOGRAM = range(3)
    made: ClassVar[dict[str, Any]] = {}

    def __init__(self, name: str, description: str, kind: int) -> None:
        assert description.endswith(".")
        self.kind = kind
        self.made[name] = self

    def Metric(self, labels: dict[str, str], buckets: list[float] | None = None) -> _Metric:  # noqa: N802  Triton's name
        assert labels == {"model": "m", "version": "1"}
        assert (buckets is not None) == (self.kind == self.HISTOGRAM)
        self.metric = _Metric()
        return self.metric


class _Utils:
    MetricFamily = _Family


def _values(name: str) -> list[float]:
    values: list[float] = _Family.made[name].metric.values
    return values


def _make() -> meters.TritonMeters:
    _Family.made = {}
    return meters.TritonMeters(_Utils, {"model": "m", "version": "1"})


def test_calls_from_many_threads_reach_triton_one_by_one() -> None:
    made = _make()

    def work() -> None:
        for _ in range(20):
            made.progress(1, 1)
            made.first_token(0.1)
            made.line(0, 1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(_values(meters.GENERATED_TOKENS)) == 80
    assert len(_values(meters.FIRST_TOKEN)) == 80


def test_busy_since_is_set_when_work_comes_and_cleared_when_it_has_gone() -> None:
    made = _make()
    made.line(1, 0)
    made.line(0, 1)
    made.line(0, 0)
    since, cleared = _values(meters.BUSY_SINCE)
    assert abs(since - time.time()) < 60
    assert cleared == 0
    assert _values(meters.WAITING) == [1, 0, 0]
    assert _values(meters.RUNNING) == [0, 1, 0]


def test_progress_without_tokens_is_a_sign_of_life_only() -> None:
    made = _make()
    made.progress(0, 0)
    assert len(_values(meters.LAST_TOKEN)) == 1
    assert _values(meters.PROMPT_TOKENS) == []
    assert _values(meters.GENERATED_TOKENS) == []
