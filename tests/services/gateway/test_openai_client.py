"""The unmodified openai client against the gateway: what an application sees."""

from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest

from tests.services import gateway_process
from tests.services.stub_triton import PIECES

TEXT = "".join(PIECES)


@pytest.fixture
def ai(gateway: gateway_process.Gateway) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=gateway.api, api_key=gateway_process.KEY, max_retries=0) as client:
        yield client


def _ask(ai: openai.OpenAI, prompt: str) -> str | None:
    answer = ai.chat.completions.create(model="smollm2", messages=[{"role": "user", "content": prompt}])
    return answer.choices[0].message.content


def test_models_can_be_listed_and_retrieved(ai: openai.OpenAI) -> None:
    assert [model.id for model in ai.models.list()] == ["smollm2"]
    assert ai.models.retrieve("smollm2").owned_by == "sitewright"


def test_chat_answers_with_usage(ai: openai.OpenAI) -> None:
    answer = ai.chat.completions.create(
        model="smollm2", messages=[{"role": "user", "content": "Hi"}], max_completion_tokens=9, seed=1, stop=["."]
    )
    assert answer.choices[0].message.content == TEXT
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.total_tokens == 12


def test_chat_streams_with_usage(ai: openai.OpenAI) -> None:
    with ai.chat.completions.create(
        model="smollm2",
        messages=[{"role": "user", "content": "Hi"}],
        stream=True,
        stream_options={"include_usage": True},
    ) as stream:
        chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == TEXT
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 5


def test_the_clients_stream_helper_works(ai: openai.OpenAI) -> None:
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]
    with ai.chat.completions.stream(model="smollm2", messages=messages) as stream:
        final = stream.get_final_completion()
    assert final.choices[0].message.content == TEXT


def test_plain_completions_answer_and_stream(ai: openai.OpenAI) -> None:
    assert ai.completions.create(model="smollm2", prompt="Hi").choices[0].text == TEXT
    with ai.completions.create(model="smollm2", prompt="Hi", stream=True) as stream:
        assert "".join(chunk.choices[0].text for chunk in stream) == TEXT


def test_each_error_is_the_exception_that_applications_catch(
    ai: openai.OpenAI, gateway: gateway_process.Gateway
) -> None:
    with pytest.raises(openai.NotFoundError):
        ai.completions.create(model="gpt-4", prompt="Hi")
    with pytest.raises(openai.BadRequestError) as bad:
        ai.completions.create(model="smollm2", prompt="Hi", n=2)
    assert bad.value.param == "n"
    with pytest.raises(openai.BadRequestError) as long:
        _ask(ai, "stub: long")
    assert long.value.code == "context_length_exceeded"
    with pytest.raises(openai.RateLimitError):
        _ask(ai, "stub: full")
    with pytest.raises(openai.InternalServerError) as down:
        _ask(ai, "stub: dead")
    assert down.value.status_code == 503
    stranger = openai.OpenAI(base_url=gateway.api, api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        _ask(stranger, "Hi")


def test_a_stream_that_breaks_off_raises_instead_of_ending(ai: openai.OpenAI) -> None:
    messages: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "stub: broken"}]
    with (
        ai.chat.completions.create(model="smollm2", messages=messages, stream=True) as stream,
        pytest.raises(openai.APIError, match="broke off"),
    ):
        list(stream)


def test_the_client_retries_what_the_gateway_says_may_be_retried(gateway: gateway_process.Gateway) -> None:
    with openai.OpenAI(base_url=gateway.api, api_key=gateway_process.KEY, max_retries=1) as patient:
        raw = patient.with_options(max_retries=1).chat.completions.with_raw_response
        with pytest.raises(openai.RateLimitError) as refused:
            raw.create(model="smollm2", messages=[{"role": "user", "content": "stub: full"}])
    assert refused.value.response.request.headers["x-stainless-retry-count"] == "1"
