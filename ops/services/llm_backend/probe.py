"""Probes of the Triton on this machine that ask for a token: Triton's own endpoints stay green over a dead engine.

    python3 -m llm_backend.probe readiness http://127.0.0.1:8000 MODEL
    python3 -m llm_backend.probe liveness http://127.0.0.1:8000 MODEL --stall-seconds 120

Exit code 0: healthy. 1: not; stderr says why. Readiness fails when the engine gives no token and makes no progress
either. Liveness fails when there is work and no progress for `--stall-seconds`, or when the backend's process is dead;
a full queue and a slow answer are signs of life, so that a busy pod is never killed.
"""

from __future__ import annotations

import argparse
import dataclasses
import enum
import json
import re
import sys
import time
import urllib.error
import urllib.request

from . import meters
from .errors import Code

_METRICS_SECONDS = 3.0
"""Seconds that the metrics endpoint may take; it does not depend on the engine."""

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Goes straight to this machine, whatever proxy the environment names."""


_ONE_TOKEN = json.dumps({"prompt": "1", "max_tokens": 1, "temperature": 0})
_NONSENSE = "{}"
_REFUSALS = (f"{Code.OVERLOADED}:", f"{Code.INVALID_REQUEST}:")


class UnhealthyError(Exception):
    """The probe fails; the message says why."""


class Answer(enum.Enum):
    """What came of a question."""

    TOKEN = enum.auto()
    REFUSED = enum.auto()
    """The backend is there and said no: the queue is full, or the question made no sense."""
    LATE = enum.auto()
    """Nothing within the time given."""


@dataclasses.dataclass(frozen=True)
class Work:
    """What the engine last reported."""

    busy_since: float
    """Unix time at which work came to the idle engine; 0 while idle."""
    last_token: float
    """Unix time at which the engine last read or wrote a token; 0 before the first."""

    def stalled_seconds(self, now: float) -> float:
        """Return for how long there has been work without progress; 0 while idle."""
        return now - max(self.busy_since, self.last_token) if self.busy_since else 0.0


@dataclasses.dataclass(frozen=True)
class Target:
    """Which model to ask, and how patiently."""

    url: str
    """Base URL of Triton's HTTP listener."""
    metrics_url: str
    model: str
    token_seconds: float
    """Seconds that one token may take before the answer counts as late."""
    stall_seconds: float
    """Seconds without progress after which an engine with work counts as dead."""


def readiness(target: Target) -> None:
    """Raise UnhealthyError unless the engine gives a token, or is too busy for it and makes progress."""
    if ask(target) is not Answer.TOKEN:
        _require_progress(target, read_work(target))


def liveness(target: Target) -> None:
    """Raise UnhealthyError when the engine has work and makes no progress, or has none and gives no token.

    A busy engine gets a question without sense instead: a living backend refuses it at once and computes nothing. The
    metrics of a dead one stay as they were, busy or not.
    """
    work = read_work(target)
    question = _NONSENSE if work.busy_since else _ONE_TOKEN
    if ask(target, question) is Answer.LATE and not work.busy_since:
        work = read_work(target)
        if not work.busy_since:
            raise UnhealthyError(f"an idle engine gave no token within {target.token_seconds:g} s")
    _require_progress(target, work)


def ask(target: Target, question: str = _ONE_TOKEN) -> Answer:
    """Ask the engine. Raise UnhealthyError when the answer is an error that does not come from a living backend."""
    request = json.dumps({"request": question}).encode()
    try:
        with _OPENER.open(f"{target.url}/v2/models/{target.model}/generate", request, target.token_seconds) as response:
            text = response.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    except TimeoutError:
        return Answer.LATE
    except OSError as error:
        if isinstance(getattr(error, "reason", None), TimeoutError):
            return Answer.LATE
        raise UnhealthyError(f"Triton does not answer: {error}") from error
    return _read_answer(text)


def _read_answer(text: bytes) -> Answer:
    """Tell a token from a refusal; Triton may send an error with status 200, so the status says nothing."""
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise UnhealthyError(f"Triton sent no JSON: {text[:200]!r}") from error
    if str(answer.get("error", "")).startswith(_REFUSALS):
        return Answer.REFUSED
    if answer.get("num_output_tokens") != 1:
        raise UnhealthyError(f"no token but {json.dumps(answer)[:500]}")
    return Answer.TOKEN


def read_work(target: Target) -> Work:
    """Return the engine's last report. Raise UnhealthyError when there is none."""
    try:
        with _OPENER.open(target.metrics_url, timeout=_METRICS_SECONDS) as response:
            text = response.read().decode()
    except OSError as error:
        raise UnhealthyError(f"no metrics: {error}") from error
    return Work(*(_value(text, name, target.model) for name in (meters.BUSY_SINCE, meters.LAST_TOKEN)))


def _value(text: str, name: str, model: str) -> float:
    """Return a metric of a model from Prometheus' text format."""
    match = re.search(rf'^{re.escape(name)}{{[^}}]*\bmodel="{re.escape(model)}"[^}}]*}} (\S+)$', text, re.MULTILINE)
    if match is None:
        raise UnhealthyError(f"no metric {name} of model {model}")
    return float(match[1])


def _require_progress(target: Target, work: Work) -> None:
    stalled = work.stalled_seconds(time.time())
    if stalled > target.stall_seconds:
        raise UnhealthyError(f"there is work, and no token for {stalled:.0f} s (limit {target.stall_seconds:g} s)")


def main(arguments: list[str]) -> int:
    """Run one probe and return the exit code."""
    probes = {"readiness": readiness, "liveness": liveness}
    parser = argparse.ArgumentParser(prog="llm_backend.probe", description="Ask the local Triton for a token.")
    parser.add_argument("probe", choices=probes)
    parser.add_argument("url", help="base URL of Triton's HTTP listener")
    parser.add_argument("model")
    parser.add_argument("--metrics-url", default="http://127.0.0.1:8002/metrics")
    parser.add_argument("--token-seconds", type=float, default=10.0)
    parser.add_argument("--stall-seconds", type=float, default=120.0)
    options = vars(parser.parse_args(arguments))
    try:
        probes[options.pop("probe")](Target(**options))
    except UnhealthyError as unhealthy:
        sys.stderr.write(f"{unhealthy}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
