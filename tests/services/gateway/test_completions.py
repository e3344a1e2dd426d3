from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.services.gateway import completions
from ops.services.gateway.config import Model
from ops.services.gateway.errors import ApiError
from ops.services.gateway.fields import Fields
from ops.services.gateway.generation import Generation

_MODELS = {"m": Model("m", "http://triton", 512, 256, 0)}
_PLAIN: Mapping[str, Any] = {"model": "m", "prompt": "Hi"}


def _parse(body: object) -> Generation:
    return completions.parse(Fields(body), _MODELS)


def test_the_least_plain_request_gets_sixteen_tokens_as_at_openai() -> None:
    generation = _parse(_PLAIN)
    assert generation.payload == {"prompt": "Hi", "max_tokens": 16, "stream": True}
    assert generation.id.startswith("cmpl-")


def test_a_list_of_one_prompt_and_the_old_defaults_are_taken() -> None:
    body = {**_PLAIN, "prompt": ["Hi"], "echo": False, "best_of": 1, "suffix": "", "logprobs": None}
    assert _parse(body).payload == _parse(_PLAIN).payload


@pytest.mark.parametrize(
    ("extra", "param"),
    [
        ({"prompt": None}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": [1, 2, 3]}, "prompt"),
        ({"prompt": [[1, 2, 3]]}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"echo": True}, "echo"),
        ({"best_of": 2}, "best_of"),
        ({"suffix": "end"}, "suffix"),
        ({"logprobs": 0}, "logprobs"),
        ({"max_completion_tokens": 5}, "max_completion_tokens"),
        ({"messages": [{"role": "user", "content": "Hi"}]}, "messages"),
    ],
    ids=str,
)
def test_a_plain_request_that_cannot_be_met_is_refused_by_parameter(extra: Mapping[str, object], param: str) -> None:
    with pytest.raises(ApiError) as caught:
        _parse({**_PLAIN, **extra})
    assert (caught.value.status, caught.value.param) == (400, param)


def test_a_model_that_is_not_there_is_told_from_a_bad_request() -> None:
    with pytest.raises(ApiError, match="'gpt-4' does not exist") as caught:
        _parse({**_PLAIN, "model": "gpt-4"})
    assert (caught.value.status, caught.value.code, caught.value.param) == (404, "model_not_found", "model")
