"""The probes against a server whose engine is in a given state; the real one is in test_triton.py."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Iterator

import pytest

from ops.services.llm_backend import probe

Answer = tuple[int, dict[str, object]]

_TOKEN: Answer = (200, {"text_output": "x", "num_output_tokens": 1, "finish_reason": "length"})
_NONSENSE: Answer = (400, {"error": "invalid_request: expected either messages or prompt"})
_FULL: Answer = (400, {"error": "overloaded: 2 requests run and 2 wait already"})
_DEAD: Answer = (400, {"error": "Stub process 'smollm2_0_0' is not healthy."})
_ERROR_WITH_200: Answer = (200, {"error": "engine_failed: out of luck"})
_LATE = None


class _Engine(http.server.ThreadingHTTPServer):
    """Answers for Triton and its metrics."""

    answer: Answer | None = _TOKEN
    busy_for: float | None = None
    """Seconds since work came; nothing while idle."""
    token_ago: float = 3600.0
    """Seconds since the last token."""
    becomes_busy = False
    """Whether a question counts as work."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: _Engine

    def do_POST(self) -> None:
        question = json.loads(self.rfile.read(int(self.headers["content-length"])))["request"]
        if question == "{}" and self.server.answer != _DEAD:
            self._reply(_NONSENSE)
            return
        if self.server.becomes_busy:
            self.server.busy_for = 0.0
        if self.server.answer is None:
            time.sleep(0.6)
            return
        self._reply(self.server.answer)

    def _reply(self, answer: Answer) -> None:
        status, body = answer
        self._send(status, json.dumps(body).encode())

    def do_GET(self) -> None:
        now = time.time()
        since = 0 if self.server.busy_for is None else now - self.server.busy_for
        lines = [
            "# TYPE sitewright_busy_since_timestamp_seconds gauge",
            'sitewright_busy_since_timestamp_seconds{model="other",version="1"} 1',
            f'sitewright_busy_since_timestamp_seconds{{model="smollm2",version="1"}} {since}',
            f'sitewright_last_token_timestamp_seconds{{model="smollm2",version="1"}} {now - self.server.token_ago}',
        ]
        self._send(200, "\n".join(lines).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def engine() -> Iterator[_Engine]:
    with _Engine(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def _target(engine: _Engine, model: str = "smollm2") -> probe.Target:
    url = f"http://127.0.0.1:{engine.server_port}"
    return probe.Target(url, f"{url}/metrics", model, token_seconds=0.3, stall_seconds=30)


def test_an_idle_engine_that_gives_a_token_is_ready_and_alive(engine: _Engine) -> None:
    probe.readiness(_target(engine))
    probe.liveness(_target(engine))


@pytest.mark.parametrize("answer", [_DEAD, _ERROR_WITH_200], ids=["dead stub", "error with status 200"])
def test_a_broken_engine_is_neither_ready_nor_alive(engine: _Engine, answer: Answer) -> None:
    engine.answer = answer
    for check in (probe.readiness, probe.liveness):
        with pytest.raises(probe.UnhealthyError, match="no token but"):
            check(_target(engine))


@pytest.mark.parametrize("answer", [_FULL, _LATE], ids=["full", "late"])
def test_a_busy_engine_that_makes_progress_is_ready_and_alive(engine: _Engine, answer: Answer | None) -> None:
    engine.answer, engine.busy_for, engine.token_ago = answer, 3600, 1
    probe.readiness(_target(engine))
    probe.liveness(_target(engine))


@pytest.mark.parametrize("answer", [_FULL, _LATE], ids=["full", "late"])
def test_an_engine_with_work_and_no_progress_is_neither_ready_nor_alive(engine: _Engine, answer: Answer | None) -> None:
    engine.answer, engine.busy_for, engine.token_ago = answer, 60, 90
    for check in (probe.readiness, probe.liveness):
        with pytest.raises(probe.UnhealthyError, match="there is work, and no token for 60 s"):
            check(_target(engine))


def test_work_that_has_just_come_after_a_quiet_hour_is_no_stall(engine: _Engine) -> None:
    engine.answer, engine.busy_for, engine.token_ago = _LATE, 5, 3600
    probe.readiness(_target(engine))
    probe.liveness(_target(engine))


def test_an_engine_that_died_at_work_is_dead_though_its_last_token_is_fresh(engine: _Engine) -> None:
    engine.answer, engine.busy_for, engine.token_ago = _DEAD, 60, 1
    for check in (probe.readiness, probe.liveness):
        with pytest.raises(probe.UnhealthyError, match="not healthy"):
            check(_target(engine))


def test_an_idle_engine_that_takes_the_question_and_is_slow_is_alive(engine: _Engine) -> None:
    engine.answer, engine.becomes_busy = _LATE, True
    probe.liveness(_target(engine))


def test_an_idle_engine_that_does_not_even_take_the_question_is_dead(engine: _Engine) -> None:
    engine.answer = _LATE
    with pytest.raises(probe.UnhealthyError, match="an idle engine gave no token"):
        probe.liveness(_target(engine))


def test_a_model_without_metrics_is_not_alive(engine: _Engine) -> None:
    with pytest.raises(probe.UnhealthyError, match=r"of model smoll$"):
        probe.liveness(_target(engine, "smoll"))


def test_a_server_that_is_not_there_fails_both_probes_with_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["http://127.0.0.1:1", "smollm2", "--metrics-url", "http://127.0.0.1:1/metrics"]
    for name in ("readiness", "liveness"):
        assert probe.main([name, *arguments]) == 1
        assert "refused" in capsys.readouterr().err


def test_the_command_passes_over_a_healthy_engine(engine: _Engine) -> None:
    target = _target(engine)
    assert probe.main(["readiness", target.url, "smollm2", "--metrics-url", target.metrics_url]) == 0
