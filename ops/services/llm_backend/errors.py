"""Why a request gets no answer, or none that is whole.

Triton carries an error as text only, so the text is `CODE: MESSAGE`; the gateway reads the code from it.
"""

from __future__ import annotations

import enum


class Code(enum.StrEnum):
    """The kinds of refusal and failure that a client can tell apart."""

    INVALID_REQUEST = "invalid_request"
    """The request itself is wrong; the same request fails again."""
    CONTEXT_LENGTH_EXCEEDED = "context_length_exceeded"
    """The prompt has more tokens than the model's context."""
    OVERLOADED = "overloaded"
    """All slots and all places in the queue are taken; try again later."""
    STOPPING = "stopping"
    """The model is being unloaded; another replica may answer."""
    ENGINE_FAILED = "engine_failed"
    """The engine broke down over this request."""


class GenerationError(Exception):
    """A request that gets an error for an answer."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class CancelledError(Exception):
    """Nobody waits for the answer any more, so it was not completed."""
