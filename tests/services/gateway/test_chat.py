from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.services.gateway import chat
from ops.services.gateway.config import Model
from ops.services.gateway.errors import ApiError
from ops.services.gateway.fields import Fields
from ops.services.gateway.generation import Generation

_MODELS = {"m": Model("m", "http://triton", 512, 256, 0)}
_USER = {"role": "user", "content": "Hi"}
_CHAT: Mapping[str, Any] = {"model": "m", "messages": [_USER]}


def _parse(body: object) -> Generation:
    return chat.parse(Fields(body), _MODELS)


def test_the_least_chat_request_gets_all_the_tokens_that_the_model_gives() -> None:
    generation = _parse(_CHAT)
    assert generation.payload == {"messages": [_USER], "max_tokens": 256, "stream": True}
    assert not generation.stream
    assert generation.id.startswith("chatcmpl-")


def test_sampling_options_reach_the_engine() -> None:
    options = {"temperature": 0, "top_p": 0.5, "seed": 7, "presence_penalty": -2, "frequency_penalty": 2}
    assert _parse({**_CHAT, **options, "stop": "."}).payload == {
        "messages": [_USER],
        "max_tokens": 256,
        "stream": True,
        **options,
        "stop": ["."],
    }


@pytest.mark.parametrize(("stop", "expected"), [(["a", "b"], ["a", "b"]), ("a", ["a"]), ([], None), (None, None)])
def test_stop_is_a_text_or_a_list(stop: object, expected: object) -> None:
    assert _parse({**_CHAT, "stop": stop}).payload.get("stop") == expected


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_token_limit_has_two_names_in_chat(name: str) -> None:
    assert _parse({**_CHAT, name: 5}).payload["max_tokens"] == 5


def test_text_parts_are_joined_and_developers_count_as_system() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    messages = [{"role": "developer", "content": parts, "name": "ada"}, {"role": "assistant", "content": ""}, _USER]
    sent = _parse({**_CHAT, "messages": messages}).payload["messages"]
    assert sent == [{"role": "system", "content": "one\ntwo"}, {"role": "assistant", "content": ""}, _USER]


def test_an_answer_of_ours_can_be_sent_back_as_a_message() -> None:
    answer: Mapping[str, object] = {
        "role": "assistant",
        "content": "Hi",
        "refusal": None,
        "tool_calls": None,
        "annotations": [],
    }
    generation = _parse({**_CHAT, "messages": [_USER, answer, _USER]})
    assert generation.payload["messages"] == [_USER, {"role": "assistant", "content": "Hi"}, _USER]


@pytest.mark.parametrize(
    "extra",
    [
        {"n": 1},
        {"user": "ada"},
        {"metadata": {"a": "b"}},
        {"response_format": {"type": "text"}},
        {"tools": [], "tool_choice": "none"},
        {"logprobs": False},
        {"service_tier": "auto"},
        {"store": False},
        {"parallel_tool_calls": True},
        {"temperature": None, "tools": None, "stream_options": None},
        {"logit_bias": {}},
    ],
    ids=str,
)
def test_parameters_that_ask_for_nothing_are_taken(extra: Mapping[str, object]) -> None:
    assert _parse({**_CHAT, **extra}).payload == _parse(_CHAT).payload


@pytest.mark.parametrize(
    ("extra", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": ["Hi"]}, "messages[0]"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
        ({"messages": [_USER, {"role": "tool", "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"role": 5, "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        ({"messages": [{**_USER, "tool_calls": [{}]}]}, "messages[0].tool_calls"),
        ({"messages": [{**_USER, "mood": "good"}]}, "messages[0].mood"),
        ({"model": 5}, "model"),
        ({"model": None}, "model"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 257}, "max_tokens"),
        ({"max_tokens": "5"}, "max_tokens"),
        ({"max_tokens": 5.5}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"max_tokens": 5, "max_completion_tokens": 5}, "max_tokens"),
        ({"temperature": 2.1}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"presence_penalty": 3}, "presence_penalty"),
        ({"frequency_penalty": -3}, "frequency_penalty"),
        ({"seed": 1.5}, "seed"),
        ({"seed": 2**63}, "seed"),
        ({"stop": ""}, "stop"),
        ({"stop": 5}, "stop"),
        ({"stop": ["a", 5]}, "stop"),
        ({"stop": list("abcde")}, "stop"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": []}, "stream_options"),
        ({"stream": True, "stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"stream": True, "stream_options": {"speed": 1}}, "stream_options.speed"),
        ({"user": 5}, "user"),
        ({"n": 2}, "n"),
        ({"n": True}, "n"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"50256": -100}}, "logit_bias"),
        ({"modalities": ["audio"]}, "modalities"),
        ({"prompt": "Hi"}, "prompt"),
        ({"top_k": 5}, "top_k"),
    ],
    ids=str,
)
def test_a_chat_request_that_cannot_be_met_is_refused_by_parameter(extra: Mapping[str, object], param: str) -> None:
    with pytest.raises(ApiError) as caught:
        _parse({**_CHAT, **extra})
    assert (caught.value.status, caught.value.param) == (400, param)


@pytest.mark.parametrize("body", [None, [], "Hi", 5])
def test_a_body_that_is_no_object_is_refused(body: object) -> None:
    with pytest.raises(ApiError, match="must be a JSON object"):
        _parse(body)


def test_a_model_that_is_not_there_is_told_from_a_bad_request() -> None:
    with pytest.raises(ApiError, match="'gpt-4' does not exist") as caught:
        _parse({**_CHAT, "model": "gpt-4"})
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")
