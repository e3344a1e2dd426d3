"""Plain completions: a prompt in, its continuation out, without a chat template."""

from __future__ import annotations

from collections.abc import Mapping

from .config import Model
from .fields import Fields
from .generation import KNOWN, Generation, make, read_max_tokens, read_model

WHOLE = "text_completion"
CHUNK = "text_completion"

_DEFAULT_MAX_TOKENS = 16
"""What OpenAI's reference says for this endpoint."""

_DEFAULTS: Mapping[str, tuple[object, ...]] = {
    "best_of": (1,),
    "echo": (False,),
    "logprobs": (),
    "suffix": ("",),
}
"""Parameters that ask for nothing when they have these values; any other value is refused."""


def parse(fields: Fields, models: Mapping[str, Model]) -> Generation:
    """Read the body of POST /v1/completions."""
    fields.refuse_unknown(KNOWN | _DEFAULTS.keys() | {"prompt"})
    model = read_model(fields, models)
    for name, allowed in _DEFAULTS.items():
        fields.allow_only(name, *allowed)
    if fields.has("max_tokens"):
        max_tokens = read_max_tokens(fields, "max_tokens", model)
    else:
        max_tokens = min(_DEFAULT_MAX_TOKENS, model.max_output_tokens)
    return make(fields, model, {"prompt": _prompt(fields)}, max_tokens, "cmpl-")


def opening() -> list[dict[str, object]]:
    """See Format."""
    return []


def piece(text: str) -> list[dict[str, object]]:
    """See Format."""
    return whole(text, None)


def last(finish_reason: str) -> list[dict[str, object]]:
    """See Format."""
    return whole("", finish_reason)


def whole(text: str, finish_reason: str | None) -> list[dict[str, object]]:
    """See Format."""
    return [{"index": 0, "text": text, "logprobs": None, "finish_reason": finish_reason}]


def _prompt(fields: Fields) -> str:
    """Return the one prompt, which may come in a list of one."""
    value = fields.value("prompt")
    if isinstance(value, list):
        if len(value) != 1:
            raise fields.wrong("prompt", "must be one text or a list of one text")
        return fields.as_text("prompt", value[0])
    return fields.text("prompt")
