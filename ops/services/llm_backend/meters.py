"""What the engine tells Prometheus on Triton's metrics port, under vLLM's names where vLLM has one.

Triton's own queue metrics stay at zero for a decoupled backend, because execute() returns at once (seen in 2.51).
"""

from __future__ import annotations

import threading
import time
from typing import Any, Protocol

WAITING = "vllm:num_requests_waiting"
RUNNING = "vllm:num_requests_running"
PROMPT_TOKENS = "vllm:prompt_tokens_total"
GENERATED_TOKENS = "vllm:generation_tokens_total"
FIRST_TOKEN = "vllm:time_to_first_token_seconds"  # noqa: S105  a metric's name, not a password
BUSY_SINCE = "sitewright_busy_since_timestamp_seconds"
LAST_TOKEN = "sitewright_last_token_timestamp_seconds"  # noqa: S105  a metric's name, not a password

_FIRST_TOKEN_BUCKETS = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0]
"""Seconds."""


class Meters(Protocol):
    """Where an engine reports. Calls may come from any thread."""

    def line(self, waiting: int, running: int) -> None:
        """So many requests wait and run now."""

    def progress(self, prompt_tokens: int, generated_tokens: int) -> None:
        """So many more tokens were read and written, just now."""

    def first_token(self, seconds: float) -> None:
        """The first piece of an answer left so many seconds after its request came."""


class TritonMeters:
    """Meters over Triton's custom metrics (`pb_utils.MetricFamily`)."""

    def __init__(self, pb_utils: Any, labels: dict[str, str]) -> None:
        """`pb_utils` is the module that only Triton's python stub can import; `labels` go on every metric."""
        self._families: list[Any] = []
        self._pb_utils = pb_utils
        self._labels = labels
        kinds = pb_utils.MetricFamily
        self._waiting = self._metric(WAITING, "Requests that wait for a slot.", kinds.GAUGE)
        self._running = self._metric(RUNNING, "Requests that are being computed.", kinds.GAUGE)
        self._prompt = self._metric(PROMPT_TOKENS, "Prompt tokens that were read.", kinds.COUNTER)
        self._generated = self._metric(GENERATED_TOKENS, "Answer tokens that were written.", kinds.COUNTER)
        self._busy_since = self._metric(BUSY_SINCE, "When work came to the idle engine; 0 while idle.", kinds.GAUGE)
        self._last_token = self._metric(LAST_TOKEN, "When the engine last read or wrote a token.", kinds.GAUGE)
        self._first_token = self._metric(
            FIRST_TOKEN, "Seconds from a request to its first token.", kinds.HISTOGRAM, _FIRST_TOKEN_BUCKETS
        )
        self._busy = False
        # Two calls on one metric at the same time end the whole server (seen in Triton 2.51).
        self._lock = threading.Lock()

    def line(self, waiting: int, running: int) -> None:
        """See Meters."""
        busy = waiting + running > 0
        with self._lock:
            self._waiting.set(waiting)
            self._running.set(running)
            if busy != self._busy:
                self._busy = busy
                self._busy_since.set(time.time() if busy else 0)

    def progress(self, prompt_tokens: int, generated_tokens: int) -> None:
        """See Meters."""
        with self._lock:
            self._last_token.set(time.time())
            if prompt_tokens:
                self._prompt.increment(prompt_tokens)
            if generated_tokens:
                self._generated.increment(generated_tokens)

    def first_token(self, seconds: float) -> None:
        """See Meters."""
        with self._lock:
            self._first_token.observe(seconds)

    def _metric(self, name: str, description: str, kind: Any, buckets: list[float] | None = None) -> Any:
        """Make a family with one metric; the family must live as long as its metric."""
        family = self._pb_utils.MetricFamily(name=name, description=description, kind=kind)
        self._families.append(family)
        if buckets is None:
            return family.Metric(labels=self._labels)
        return family.Metric(labels=self._labels, buckets=buckets)
