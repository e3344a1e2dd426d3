"""What an engine tells while it generates, and at the end."""

from __future__ import annotations

import dataclasses
from typing import Protocol


class Listener(Protocol):
    """Whoever waits for a generation."""

    def progress(self, prompt_tokens: int, generated_tokens: int) -> None:
        """So many tokens of this request were read and written until now."""

    def text(self, piece: str) -> None:
        """The next piece of the answer; never half a character."""

    def cancelled(self) -> bool:
        """Return True to end the generation early."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How a generation ended."""

    finish_reason: str
    """`stop` (the model or a stop text ended it) or `length` (a limit did)."""
    prompt_tokens: int
    generated_tokens: int
