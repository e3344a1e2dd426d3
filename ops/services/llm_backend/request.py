"""Read one generation request: the JSON text in the `request` tensor."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping

from .errors import Code, GenerationError

_NUMBERS = ("temperature", "top_p", "presence_penalty", "frequency_penalty")
"""Sampling options that go to the engine as they are; the gateway checks their ranges."""

_SEEDS = 2**32 - 1
"""llama.cpp's seeds are 32 bits wide and the highest one means a random seed."""


@dataclasses.dataclass(frozen=True)
class Request:
    """What to generate; `body` has the names of OpenAI's API, which llama.cpp and vLLM share."""

    chat: bool
    """True: `body` has messages for the chat template. False: `body` has a bare prompt."""
    stream: bool
    """True: an answer for each piece of text. False: one answer at the end."""
    body: Mapping[str, object]


def parse(text: bytes, max_output_tokens: int) -> Request:
    """Given JSON text in UTF-8, return the request with `max_tokens` filled in.

    Raise GenerationError(INVALID_REQUEST) on anything but an object with `messages` or `prompt` and known options.
    """
    try:
        fields = json.loads(text.decode())
    except (ValueError, RecursionError) as error:
        raise _invalid(f"not JSON in UTF-8: {error}") from error
    if not isinstance(fields, dict):
        raise _invalid("expected a JSON object")
    unknown = fields.keys() - {"messages", "prompt", "max_tokens", "stream", "seed", "stop", *_NUMBERS}
    if unknown:
        raise _invalid(f"unknown option {', '.join(sorted(unknown))}")
    stream = fields.get("stream", False)
    if not isinstance(stream, bool):
        raise _invalid("stream must be true or false")
    body = _content(fields) | _sampling(fields)
    body["max_tokens"] = _max_tokens(fields, max_output_tokens)
    return Request("messages" in fields, stream, body)


def _invalid(message: str) -> GenerationError:
    return GenerationError(Code.INVALID_REQUEST, message)


def _content(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the messages or the prompt, whichever there is."""
    if ("messages" in fields) == ("prompt" in fields):
        raise _invalid("expected either messages or prompt")
    if "prompt" in fields:
        return {"prompt": _filled_text(fields["prompt"], "prompt")}
    return {"messages": [_message(message) for message in _filled_list(fields["messages"], "messages")]}


def _message(message: object) -> dict[str, str]:
    if not isinstance(message, dict) or message.keys() != {"role", "content"}:
        raise _invalid("a message must have a role and a content and nothing else")
    return {"role": _filled_text(message["role"], "role"), "content": _text(message["content"], "content")}


def _text(value: object, name: str) -> str:
    """Return a text that can be UTF-8: JSON may hold half a surrogate pair, llama.cpp may not."""
    if not isinstance(value, str):
        raise _invalid(f"{name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _invalid(f"{name} is not valid Unicode") from error
    return value


def _filled_text(value: object, name: str) -> str:
    if not value:
        raise _invalid(f"{name} must not be empty")
    return _text(value, name)


def _filled_list(value: object, name: str) -> list[object]:
    if not isinstance(value, list) or not value:
        raise _invalid(f"{name} must be a list that is not empty")
    return value


def _whole(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(f"{name} must be a whole number")
    return value


def _max_tokens(fields: Mapping[str, object], limit: int) -> int:
    value = _whole(fields.get("max_tokens", limit), "max_tokens")
    if not 1 <= value <= limit:
        raise _invalid(f"max_tokens must be from 1 to {limit}")
    return value


def _sampling(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the sampling options that were given."""
    options: dict[str, object] = {}
    for name in _NUMBERS:
        if name in fields:
            value = fields[name]
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise _invalid(f"{name} must be a number")
            options[name] = value
    if "seed" in fields:
        options["seed"] = _whole(fields["seed"], "seed") % _SEEDS
    if "stop" in fields:
        options["stop"] = [_filled_text(item, "stop") for item in _filled_list(fields["stop"], "stop")]
    return options
