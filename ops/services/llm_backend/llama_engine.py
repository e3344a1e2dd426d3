"""llama.cpp, in this process, through xllamacpp."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xllamacpp

from .errors import CancelledError, Code, GenerationError
from .listener import Listener, Outcome
from .request import Request
from .settings import Settings

_BATCH = 128
"""Prompt tokens between two signs of life: a cancel is noticed, and a stall is told from work, once a batch."""

_ASK = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True, "timings_per_token": True}
"""What makes llama.cpp tell of every batch of the prompt and every token of the answer."""


_BAD_REQUEST = 400
"""llama.cpp's server numbers its errors as HTTP does."""


class Engine:
    """One loaded model. Any number of threads may generate at once; more than `slots` wait inside llama.cpp."""

    def __init__(self, settings: Settings) -> None:
        """Load the weights: seconds to minutes. Raise GenerationError(ENGINE_FAILED) when llama.cpp refuses them."""
        if not settings.weights.is_file():
            raise GenerationError(Code.ENGINE_FAILED, f"no weights at {settings.weights}")
        # xllamacpp always opens an HTTP listener; a name ending in .sock makes it a unix socket, here a private one.
        self._directory = Path(tempfile.mkdtemp(prefix="llama-"))
        try:
            self._server = xllamacpp.Server(_parameters(settings, self._directory / f"{os.getpid()}.sock"))
        except RuntimeError as error:
            raise GenerationError(Code.ENGINE_FAILED, f"llama.cpp cannot load {settings.weights}: {error}") from error

    def generate(self, request: Request, listener: Listener) -> Outcome:
        """Compute an answer in the calling thread; `listener` hears of it on the way.

        Raise GenerationError when llama.cpp refuses the request or fails, CancelledError when the listener ended it.
        """
        collector = _Collector(listener)
        handler = self._server.handle_chat_completions if request.chat else self._server.handle_completions
        try:
            handler({**request.body, **_ASK}, collector)
        except (RuntimeError, TypeError) as error:
            raise GenerationError(Code.INVALID_REQUEST, str(error)) from error
        return collector.outcome()

    def close(self) -> None:
        """Free the model and remove the socket."""
        del self._server
        for leftover in self._directory.iterdir():
            leftover.unlink()
        self._directory.rmdir()


def _parameters(settings: Settings, socket: Path) -> Any:
    """Return xllamacpp's parameters; what is not set here keeps llama.cpp's default."""
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(settings.weights)
    parameters.hostnames = [str(socket)]
    parameters.n_threads_http = 1
    parameters.n_ctx = settings.context_tokens * settings.slots
    parameters.n_parallel = settings.slots
    parameters.n_batch = _BATCH
    parameters.n_ubatch = _BATCH
    parameters.cpuparams.n_threads = settings.threads
    parameters.cpuparams_batch.n_threads = settings.threads
    # The default keeps up to 8 GiB of old prompts in memory, beyond the pod's limit.
    parameters.cache_ram_mib = 0
    # Takes the context as told instead of shrinking it to the memory that is free.
    parameters.fit_params = False
    parameters.reasoning_format = xllamacpp.common_reasoning_format.COMMON_REASONING_FORMAT_NONE
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = 1
    return parameters


class _Collector:
    """Takes llama.cpp's chunks, which have OpenAI's shape; it returns True to cancel."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._cancelled = False
        self._error: Mapping[str, Any] | None = None
        self._finish_reason: str | None = None
        self._usage: Mapping[str, int] | None = None
        self._prompt_tokens = 0
        self._generated_tokens = 0

    def __call__(self, chunk: Mapping[str, Any]) -> bool:
        if "error" in chunk:
            self._error = chunk["error"]
            return False
        self._usage = chunk.get("usage", self._usage)
        for choice in chunk.get("choices", ()):
            self._finish_reason = choice["finish_reason"] or self._finish_reason
            piece = choice["delta"].get("content") if "delta" in choice else choice["text"]
            if piece:
                self._listener.text(piece)
        self._prompt_tokens = chunk.get("prompt_progress", {}).get("processed", self._prompt_tokens)
        self._generated_tokens = chunk.get("timings", {}).get("predicted_n", self._generated_tokens)
        self._listener.progress(self._prompt_tokens, self._generated_tokens)
        self._cancelled = self._listener.cancelled()
        return self._cancelled

    def outcome(self) -> Outcome:
        """Return how it ended. Raise GenerationError or CancelledError when there is no whole answer."""
        if self._error is not None:
            raise _fault(self._error)
        if self._cancelled:
            raise CancelledError
        if self._finish_reason is None or self._usage is None:
            raise GenerationError(Code.ENGINE_FAILED, "llama.cpp ended without a finish reason and token counts")
        return Outcome(self._finish_reason, self._usage["prompt_tokens"], self._usage["completion_tokens"])


def _fault(error: Mapping[str, Any]) -> GenerationError:
    """Given an error of llama.cpp's server, return ours."""
    if error.get("type") == "exceed_context_size_error":
        message = f"the prompt has {error.get('n_prompt_tokens')} tokens and the context {error.get('n_ctx')}"
        return GenerationError(Code.CONTEXT_LENGTH_EXCEEDED, message)
    code = Code.INVALID_REQUEST if error.get("code") == _BAD_REQUEST else Code.ENGINE_FAILED
    return GenerationError(code, str(error.get("message")))
