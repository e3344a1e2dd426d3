"""What a client wants generated: the part that chat and plain completions share."""

from __future__ import annotations

import dataclasses
import time
import uuid
from collections.abc import Mapping
from typing import Protocol

from .config import Model
from .errors import InvalidRequestError, UnknownModelError
from .fields import Fields

KNOWN = frozenset(
    {"model", "stream", "stream_options", "n", "stop", "seed", "temperature", "top_p", "presence_penalty"}
    | {"frequency_penalty", "max_tokens", "logit_bias", "user"}
)
"""Parameters of both kinds of completion."""

_MAX_STOPS = 4
"""As many stop texts as OpenAI allows."""

_RANGES = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
}
"""The ranges that OpenAI documents."""


@dataclasses.dataclass(frozen=True)
class Generation:
    """One request to a model."""

    model: Model
    payload: Mapping[str, object]
    """What the model's backend reads."""
    stream: bool
    include_usage: bool
    """Whether a stream ends with the token counts."""
    id: str
    created: int
    """Unix time."""


@dataclasses.dataclass(frozen=True)
class End:
    """How an answer ended."""

    finish_reason: str
    prompt_tokens: int
    generated_tokens: int

    def usage(self) -> dict[str, int]:
        """Return the counts as OpenAI names them."""
        total = self.prompt_tokens + self.generated_tokens
        return {"prompt_tokens": self.prompt_tokens, "completion_tokens": self.generated_tokens, "total_tokens": total}


@dataclasses.dataclass(frozen=True)
class Again:
    """The answer begins anew: all that came before was of a server that failed."""


class Format(Protocol):
    """The shape of one kind of completion: the modules `chat` and `completions`."""

    WHOLE: str
    """`object` of an answer in one piece."""
    CHUNK: str
    """`object` of a piece of a stream."""

    def parse(self, fields: Fields, models: Mapping[str, Model]) -> Generation:
        """Read a request. Raise InvalidRequestError or UnknownModelError."""

    def opening(self) -> list[dict[str, object]]:
        """Return the choices of what a stream sends before the first text; none when there is no such thing."""

    def piece(self, text: str) -> list[dict[str, object]]:
        """Return the choices of a piece of text."""

    def last(self, finish_reason: str) -> list[dict[str, object]]:
        """Return the choices of the end of a stream."""

    def whole(self, text: str, finish_reason: str) -> list[dict[str, object]]:
        """Return the choices of an answer in one piece."""


def read_model(fields: Fields, models: Mapping[str, Model]) -> Model:
    """Return the model that a request names. Raise UnknownModelError when there is none of that name."""
    name = fields.text("model")
    if name not in models:
        raise UnknownModelError(f"The model '{name}' does not exist.", param="model")
    return models[name]


def make(fields: Fields, model: Model, content: Mapping[str, object], max_tokens: int, prefix: str) -> Generation:
    """Return the generation of `content` (messages or a prompt) with the options that both kinds share."""
    stream = fields.flag("stream")
    fields.allow_only("n", 1)
    fields.allow_only("logit_bias", {})
    if fields.has("user"):
        fields.text("user", empty=True)
    if fields.has("stream_options") and not stream:
        raise fields.wrong("stream_options", "is only allowed when 'stream' is true")
    return Generation(
        model=model,
        payload={**content, **_sampling(fields), "max_tokens": max_tokens, "stream": True},
        stream=stream,
        include_usage=_include_usage(fields),
        id=f"{prefix}{uuid.uuid4().hex}",
        created=int(time.time()),
    )


def read_max_tokens(fields: Fields, name: str, model: Model) -> int:
    """Return the token limit that a request sets. Raise InvalidRequestError when the model cannot keep it."""
    value = fields.whole(name, 1, 2**53)
    if value > model.max_output_tokens:
        limit = model.max_output_tokens
        raise InvalidRequestError(
            f"'{name}' is too large: {value}. The model '{model.name}' gives at most {limit} tokens.",
            param=name,
            code="invalid_value",
        )
    return value


def _include_usage(fields: Fields) -> bool:
    if not fields.has("stream_options"):
        return False
    options = fields.inner("stream_options")
    options.refuse_unknown(frozenset({"include_usage", "include_obfuscation"}))
    options.allow_only("include_obfuscation", False)
    return options.flag("include_usage")


def _sampling(fields: Fields) -> dict[str, object]:
    """Return the sampling options that were given; the engine's own defaults stand for the others."""
    options: dict[str, object] = {
        name: fields.number(name, low, high) for name, (low, high) in _RANGES.items() if fields.has(name)
    }
    if fields.has("seed"):
        options["seed"] = fields.whole("seed", -(2**63), 2**63 - 1)
    if fields.has("stop"):
        value = fields.value("stop")
        texts = value if isinstance(value, list) else [value]
        if len(texts) > _MAX_STOPS:
            raise fields.wrong("stop", f"may have at most {_MAX_STOPS} texts")
        if texts:
            options["stop"] = [fields.as_text("stop", text) for text in texts]
    return options
