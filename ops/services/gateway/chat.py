"""Chat completions: messages in, the assistant's message out."""

from __future__ import annotations

from collections.abc import Mapping

from .config import Model
from .errors import InvalidRequestError
from .fields import Fields
from .generation import KNOWN, Generation, make, read_max_tokens, read_model

WHOLE = "chat.completion"
CHUNK = "chat.completion.chunk"

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
"""Roles that a client may use, and what chat templates call them."""

_DEFAULTS: Mapping[str, tuple[object, ...]] = {
    "tools": ([],),
    "tool_choice": ("none", "auto"),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "response_format": ({"type": "text"},),
    "modalities": (["text"],),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "store": (False,),
    "service_tier": ("auto", "default"),
}
"""Parameters that ask for nothing when they have these values; any other value is refused."""

_NO_EFFECT = frozenset({"metadata", "parallel_tool_calls", "prompt_cache_key", "safety_identifier"})
"""Parameters that change nothing about the answer here."""

_MESSAGE = frozenset({"role", "content", "name", "refusal", "annotations", "audio", "tool_calls", "function_call"})


def parse(fields: Fields, models: Mapping[str, Model]) -> Generation:
    """Read the body of POST /v1/chat/completions."""
    fields.refuse_unknown(KNOWN | _DEFAULTS.keys() | _NO_EFFECT | {"messages", "max_completion_tokens"})
    model = read_model(fields, models)
    for name, allowed in _DEFAULTS.items():
        fields.allow_only(name, *allowed)
    messages = [_message(message) for message in fields.objects("messages")]
    return make(fields, model, {"messages": messages}, _max_tokens(fields, model), "chatcmpl-")


def opening() -> list[dict[str, object]]:
    """See Format."""
    return _chunk({"role": "assistant", "content": ""})


def piece(text: str) -> list[dict[str, object]]:
    """See Format."""
    return _chunk({"content": text})


def last(finish_reason: str) -> list[dict[str, object]]:
    """See Format."""
    return _chunk({}, finish_reason)


def whole(text: str, finish_reason: str) -> list[dict[str, object]]:
    """See Format."""
    message = {"role": "assistant", "content": text, "refusal": None}
    return [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason}]


def _chunk(delta: dict[str, object], finish_reason: str | None = None) -> list[dict[str, object]]:
    return [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}]


def _max_tokens(fields: Fields, model: Model) -> int:
    """Return the token limit under its new or its old name."""
    given = [name for name in ("max_completion_tokens", "max_tokens") if fields.has(name)]
    if len(given) > 1:
        raise InvalidRequestError("Set either 'max_completion_tokens' or 'max_tokens'.", param="max_tokens")
    return read_max_tokens(fields, given[0], model) if given else model.max_output_tokens


def _message(message: Fields) -> dict[str, str]:
    """Return a message as role and text. Names are dropped: chat templates have no place for them."""
    message.refuse_unknown(_MESSAGE)
    for name in ("annotations", "tool_calls"):
        message.allow_only(name, [])
    for name in ("refusal", "audio", "function_call"):
        message.allow_only(name)
    role = message.text("role")
    if role not in _ROLES:
        raise message.wrong("role", f"must be one of {', '.join(_ROLES)}")
    return {"role": _ROLES[role], "content": _content(message)}


def _content(message: Fields) -> str:
    """Return the text of a message, which may come in parts."""
    if not isinstance(message.value("content"), list):
        return message.text("content", empty=True)
    texts = []
    for part in message.objects("content"):
        if part.text("type") != "text":
            raise part.wrong("type", "must be text")
        texts.append(part.text("text", empty=True))
    return "\n".join(texts)
