"""The whole way of an answer: the unmodified openai client, the gateway, a real Triton, a real small model."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from ops.services.llm_backend import meters
from tests.services import gateway_process, sockets
from tests.support import triton

pytestmark = pytest.mark.triton

_CAPITAL: list[ChatCompletionMessageParam] = [
    {"role": "user", "content": "What is the capital of France? Answer in one sentence."}
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[triton.Triton]:
    with triton.running(tmp_path_factory.mktemp("triton")) as running:
        yield running


@pytest.fixture(scope="module")
def gateway(server: triton.Triton, tmp_path_factory: pytest.TempPathFactory) -> Iterator[gateway_process.Gateway]:
    with gateway_process.running(tmp_path_factory.mktemp("gateway"), server.url) as running:
        yield running


@pytest.fixture
def ai(gateway: gateway_process.Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.api, api_key=gateway_process.KEY, max_retries=0, timeout=120) as client:
        yield client


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 60 s"
        time.sleep(0.05)


def test_a_question_is_answered(ai: openai.OpenAI) -> None:
    answer = ai.chat.completions.create(model="smollm2", messages=_CAPITAL, temperature=0, max_tokens=32)
    assert "Paris" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_a_stream_says_the_same_as_the_whole_answer(ai: openai.OpenAI) -> None:
    whole = ai.chat.completions.create(model="smollm2", messages=_CAPITAL, temperature=0, max_tokens=32)
    stream = ai.chat.completions.create(
        model="smollm2",
        messages=_CAPITAL,
        temperature=0,
        max_tokens=32,
        stream=True,
        stream_options={"include_usage": True},
    )
    with stream:
        chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage is not None
    assert whole.usage is not None
    assert chunks[-1].usage.completion_tokens == whole.usage.completion_tokens


def test_a_limit_of_tokens_is_told_by_the_finish_reason(ai: openai.OpenAI) -> None:
    answer = ai.completions.create(model="smollm2", prompt="1 2 3 4", temperature=0, max_tokens=5)
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 5


def test_text_in_any_script_survives(ai: openai.OpenAI) -> None:
    messages: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": 'Say: žluťoučký 漢字 🙂 \u2028 \x00 \\ "'}
    ]
    answer = ai.chat.completions.create(model="smollm2", messages=messages, temperature=0, max_tokens=24)
    assert answer.choices[0].message.content


def test_a_prompt_beyond_the_context_is_refused(ai: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ai.completions.create(model="smollm2", prompt="word " * 600)
    assert caught.value.code == "context_length_exceeded"
    assert "601" in caught.value.message


def test_a_client_that_leaves_stops_the_engine(ai: openai.OpenAI, server: triton.Triton) -> None:
    prompt = "Once upon a time"
    stream = ai.completions.create(model="smollm2", prompt=prompt, temperature=1, seed=1, max_tokens=256, stream=True)
    with stream:
        next(iter(stream))
        assert server.metric(meters.RUNNING) == 1
    _wait_for(lambda: server.metric(meters.RUNNING) == 0)


def test_a_full_queue_is_too_many_requests(
    ai: openai.OpenAI, gateway: gateway_process.Gateway, server: triton.Triton
) -> None:
    body = {"model": "smollm2", "prompt": "Once upon a time", "temperature": 1, "seed": 1, "max_tokens": 256}
    with contextlib.ExitStack() as clients:
        for stream in (True, False, True, False):
            request = {**body, "stream": stream}
            bearer = f"Bearer {gateway_process.KEY}"
            clients.enter_context(sockets.begin(f"{gateway.api}/completions", request, Authorization=bearer))
        _wait_for(lambda: (server.metric(meters.RUNNING), server.metric(meters.WAITING)) == (2, 2))
        with pytest.raises(openai.RateLimitError) as caught:
            ai.completions.create(model="smollm2", prompt="1")
    assert caught.value.code == "model_overloaded"
    assert caught.value.response.headers["retry-after"] == "1"
    _wait_for(lambda: (server.metric(meters.RUNNING), server.metric(meters.WAITING)) == (0, 0))


def test_an_engine_that_dies_at_work_ends_the_stream_with_an_error(tmp_path: Path) -> None:
    quick = {"stall_timeout_seconds": 2, "readiness_interval_seconds": 1}
    with (
        triton.running(tmp_path) as server,
        gateway_process.running(tmp_path, server.url, quick) as gateway,
        openai.OpenAI(base_url=gateway.api, api_key=gateway_process.KEY, max_retries=0) as ai,
        # so hot that no second answer begins as the first did: it cannot be continued
        ai.completions.create(
            model="smollm2", prompt="Once upon a time", max_tokens=256, temperature=2, stream=True
        ) as stream,
    ):
        pieces = list(itertools.islice(stream, 8))
        os.kill(server.stub_pid(), signal.SIGKILL)
        assert not any(piece.choices[0].finish_reason for piece in pieces)
        with pytest.raises(openai.APIError, match="The model 'smollm2'"):
            list(stream)
        _wait_for(lambda: httpx.get(f"{gateway.operations}/readyz", trust_env=False).status_code == 503)
        with pytest.raises(openai.InternalServerError) as caught:
            ai.completions.create(model="smollm2", prompt="1")
        # Triton refuses while it has no engine, and holds the question while it starts a new one
        assert caught.value.status_code in {503, 504}
