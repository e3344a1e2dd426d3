"""The backend in a real Triton with a real small model."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from ops.services.llm_backend import meters, probe
from tests.services import sockets
from tests.support import triton

pytestmark = pytest.mark.triton

_CAPITAL = {"messages": [{"role": "user", "content": "What is the capital of France? Answer in one sentence."}]}
_TALE = {"prompt": "Once upon a time", "temperature": 1.0, "seed": 1, "max_tokens": 256, "stream": True}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[triton.Triton]:
    """One server for the tests that leave it as it was."""
    with triton.running(tmp_path_factory.mktemp("triton")) as running:
        yield running


def _post(server: triton.Triton, verb: str, request: object) -> httpx.Response:
    body = {"request": request if isinstance(request, str) else json.dumps(request)}
    return httpx.post(f"{server.url}/v2/models/smollm2/{verb}", json=body, timeout=120, trust_env=False)


def _events(response: httpx.Response) -> list[dict[str, Any]]:
    return [json.loads(event.removeprefix("data: ")) for event in response.content.decode().split("\n\n") if event]


def _begin(server: triton.Triton, request: object) -> socket.socket:
    """Send a streaming request and leave its answer unread."""
    return sockets.begin(f"{server.url}/v2/models/smollm2/generate_stream", {"request": json.dumps(request)})


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 60 s"
        time.sleep(0.05)


def _line(server: triton.Triton) -> tuple[float, float]:
    return server.metric(meters.WAITING), server.metric(meters.RUNNING)


def _target(server: triton.Triton, token_seconds: float = 60, stall_seconds: float = 60) -> probe.Target:
    return probe.Target(server.url, server.metrics_url, "smollm2", token_seconds, stall_seconds)


def test_the_model_knows_the_capital_of_france(server: triton.Triton) -> None:
    answer = _post(server, "generate", {**_CAPITAL, "temperature": 0, "max_tokens": 32}).json()
    assert "Paris" in answer["text_output"]
    assert answer["finish_reason"] == "stop"
    assert 0 < answer["num_output_tokens"] < 32


def test_a_stream_has_the_text_and_the_counts_of_the_whole_answer(server: triton.Triton) -> None:
    request = {**_CAPITAL, "temperature": 0, "max_tokens": 32}
    whole = _post(server, "generate", request).json()
    events = _events(_post(server, "generate_stream", {**request, "stream": True}))
    assert "".join(event["text_output"] for event in events) == whole["text_output"]
    assert all("finish_reason" not in event for event in events[:-1])
    for name in ("finish_reason", "num_input_tokens", "num_output_tokens"):
        assert events[-1][name] == whole[name]


def test_a_limit_of_tokens_is_kept_and_said(server: triton.Triton) -> None:
    answer = _post(server, "generate", {"prompt": "1 2 3 4", "temperature": 0, "max_tokens": 5}).json()
    assert (answer["num_output_tokens"], answer["finish_reason"]) == (5, "length")


def test_a_stop_text_ends_the_answer_and_is_not_part_of_it(server: triton.Triton) -> None:
    answer = _post(server, "generate", {"prompt": "1 2 3 4", "temperature": 0, "max_tokens": 40, "stop": [" 7"]}).json()
    assert answer["finish_reason"] == "stop"
    assert "7" not in answer["text_output"]
    assert "6" in answer["text_output"]


def test_the_same_seed_gives_the_same_text(server: triton.Triton) -> None:
    request = {"prompt": "Once upon a time", "temperature": 1.2, "seed": 42, "max_tokens": 24}
    first, second = (_post(server, "generate", request).json()["text_output"] for _ in range(2))
    assert first == second


@pytest.mark.parametrize("verb", ["generate", "generate_stream"])
@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({"prompt": "word " * 600}, "context_length_exceeded: the prompt has 601 tokens and the context 512"),
        ({"prompt": "x", "max_tokens": 257}, "invalid_request: max_tokens must be from 1 to 256"),
        ("{", "invalid_request: not JSON in UTF-8"),
    ],
)
def test_a_refusal_has_a_code_and_ends_the_answer(
    server: triton.Triton, verb: str, request_: object, error: str
) -> None:
    response = _post(server, verb, request_)
    assert response.status_code == 400
    assert json.loads(response.text.removeprefix("data: "))["error"].startswith(error)


def test_a_request_that_is_no_utf8_is_refused(server: triton.Triton) -> None:
    url = f"{server.url}/v2/models/smollm2/generate"
    response = httpx.post(url, content=b'{"request": "{\\"prompt\\": \\"\xff\\"}"}', timeout=60, trust_env=False)
    assert response.status_code == 400
    assert response.json()["error"].startswith("invalid_request: not JSON in UTF-8")


def test_a_client_that_leaves_frees_its_slot(server: triton.Triton) -> None:
    with _begin(server, _TALE) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        _wait_for(lambda: _line(server) == (0, 1))
    _wait_for(lambda: _line(server) == (0, 0))
    assert server.metric(meters.BUSY_SINCE) == 0


def test_a_full_line_refuses_one_more_and_those_who_leave_make_room(server: triton.Triton) -> None:
    connections = [_begin(server, _TALE) for _ in range(4)]
    try:
        _wait_for(lambda: _line(server) == (2, 2))
        refused = _post(server, "generate", {"prompt": "1", "max_tokens": 1})
        assert refused.json()["error"] == "overloaded: 2 requests run and 2 wait already"
        probe.readiness(_target(server))
        probe.liveness(_target(server))
        connections.pop().close()
        _wait_for(lambda: server.metric(meters.WAITING) < 2)
    finally:
        for connection in connections:
            connection.close()
    _wait_for(lambda: _line(server) == (0, 0))


def test_tokens_are_counted_as_they_come(server: triton.Triton) -> None:
    names = (meters.PROMPT_TOKENS, meters.GENERATED_TOKENS, meters.FIRST_TOKEN + "_count")
    before = [server.metric(name) for name in names]
    answer = _post(server, "generate", {"prompt": "1 2 3 4", "temperature": 0, "max_tokens": 7}).json()
    counted = [server.metric(name) - earlier for name, earlier in zip(names, before, strict=True)]
    assert counted == [answer["num_input_tokens"], 7, 1]


def test_many_requests_at_once_do_not_end_the_server(server: triton.Triton) -> None:
    for _ in range(10):
        connections = [_begin(server, {**_TALE, "max_tokens": 20}) for _ in range(6)]
        for number, connection in enumerate(connections):
            with connection:
                if number % 2:
                    connection.recv(1)
    _wait_for(lambda: _line(server) == (0, 0))
    probe.readiness(_target(server))


def test_a_killed_engine_fails_both_probes_though_triton_says_ready(tmp_path: Path) -> None:
    with triton.running(tmp_path) as server:
        probe.readiness(_target(server))
        probe.liveness(_target(server))
        os.kill(server.stub_pid(), signal.SIGKILL)
        for check in (probe.readiness, probe.liveness):
            with pytest.raises(probe.UnhealthyError):
                check(_target(server))
        try:
            ready = httpx.get(f"{server.url}/v2/models/smollm2/ready", trust_env=False).status_code
        except httpx.TransportError:
            # Now and then the server dies with its stub, which is as good for a pod.
            assert server.process.wait(30) != 0
        else:
            assert ready == 200


def test_an_engine_killed_at_work_fails_both_probes_at_once(tmp_path: Path) -> None:
    with triton.running(tmp_path) as server, _begin(server, _TALE) as connection:
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        os.kill(server.stub_pid(), signal.SIGKILL)
        # Now and then the server dies with its stub, which is as good for a pod.
        for check in (probe.readiness, probe.liveness):
            with pytest.raises(probe.UnhealthyError, match=r"not healthy|does not answer|no metrics"):
                check(_target(server))


def test_a_stop_signal_finishes_the_answer_under_way(tmp_path: Path) -> None:
    with triton.running(tmp_path) as server, _begin(server, {**_TALE, "max_tokens": 60}) as connection:
        received = connection.recv(100)
        server.process.send_signal(signal.SIGTERM)
        while block := connection.recv(65536):
            received += block
        assert b'"finish_reason":"' in received
        assert server.process.wait(60) == 0


def test_weights_that_are_not_there_keep_the_server_from_starting(tmp_path: Path) -> None:
    card = triton.CARD.model_copy(update={"path": "nothing/here.gguf"})
    expected = r"engine_failed: no weights at \S+nothing/here\.gguf"
    with pytest.raises(AssertionError, match=expected), triton.running(tmp_path, card):
        pass
