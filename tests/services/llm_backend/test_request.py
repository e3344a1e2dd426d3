from __future__ import annotations

import json

import pytest

from ops.services.llm_backend import request
from ops.services.llm_backend.errors import Code, GenerationError

_MESSAGE = {"role": "user", "content": "Hi"}


def _parse(text: str, limit: int) -> request.Request:
    return request.parse(text.encode(), limit)


def test_messages_ask_for_the_chat_template() -> None:
    parsed = _parse(json.dumps({"messages": [_MESSAGE], "stream": True, "max_tokens": 5}), 256)
    assert parsed == request.Request(True, True, {"messages": [_MESSAGE], "max_tokens": 5})


def test_a_prompt_is_taken_as_it_is_and_gets_all_the_tokens_there_are() -> None:
    assert _parse('{"prompt": "Hi"}', 256) == request.Request(False, False, {"prompt": "Hi", "max_tokens": 256})


def test_sampling_options_are_passed_on() -> None:
    options = {"temperature": 0, "top_p": 0.5, "presence_penalty": -1, "frequency_penalty": 1.5, "stop": ["."]}
    assert _parse(json.dumps({"prompt": "Hi", **options}), 256).body.items() >= options.items()


@pytest.mark.parametrize(("seed", "expected"), [(7, 7), (-1, 2**32 - 2), (2**32 - 1, 0), (2**40, 2**40 % (2**32 - 1))])
def test_any_seed_becomes_one_of_llama_cpps_but_never_the_random_one(seed: int, expected: int) -> None:
    assert _parse(json.dumps({"prompt": "Hi", "seed": seed}), 256).body["seed"] == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "5",
        "[" * 10_000,
        "{}",
        json.dumps({"prompt": "Hi", "messages": [_MESSAGE]}),
        json.dumps({"prompt": ""}),
        json.dumps({"prompt": 5}),
        json.dumps({"prompt": "\ud800"}),
        json.dumps({"messages": []}),
        json.dumps({"messages": [{"role": "user"}]}),
        json.dumps({"messages": [{**_MESSAGE, "name": "ada"}]}),
        json.dumps({"messages": [{"role": "", "content": "Hi"}]}),
        json.dumps({"messages": [{"role": "user", "content": "\udfff"}]}),
        json.dumps({"prompt": "Hi", "stream": 1}),
        json.dumps({"prompt": "Hi", "max_tokens": 0}),
        json.dumps({"prompt": "Hi", "max_tokens": 257}),
        json.dumps({"prompt": "Hi", "max_tokens": True}),
        json.dumps({"prompt": "Hi", "temperature": "hot"}),
        json.dumps({"prompt": "Hi", "seed": 1.5}),
        json.dumps({"prompt": "Hi", "stop": "."}),
        json.dumps({"prompt": "Hi", "stop": [""]}),
        json.dumps({"prompt": "Hi", "grammar": "root ::= x"}),
    ],
)
def test_what_cannot_be_generated_is_refused_with_a_code(text: str) -> None:
    with pytest.raises(GenerationError) as caught:
        _parse(text, 256)
    assert caught.value.code is Code.INVALID_REQUEST
    assert str(caught.value).startswith("invalid_request: ")


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(GenerationError, match="UTF-8"):
        request.parse(b'{"prompt": "\xff"}', 256)
