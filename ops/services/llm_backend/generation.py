"""One request on its way through the engine: from admission to the last answer."""

from __future__ import annotations

import time
from typing import Protocol

from .errors import CancelledError, GenerationError
from .listener import Listener, Outcome
from .meters import Meters
from .request import Request


class Reply(Protocol):
    """The way back to one client. Exactly one of `last`, `fault` and `drop` ends it."""

    def piece(self, text: str) -> None:
        """Send a piece of the answer."""

    def last(self, text: str, outcome: Outcome) -> None:
        """Send the end of the answer with the token counts."""

    def fault(self, fault: GenerationError) -> None:
        """Send an error for an answer."""

    def drop(self) -> None:
        """End without an answer: nobody waits for it."""

    def cancelled(self) -> bool:
        """Return True when nobody waits for the answer any more."""


class Engine(Protocol):
    """What computes answers."""

    def generate(self, request: Request, listener: Listener) -> Outcome:
        """Return when the answer is complete. Raise GenerationError or CancelledError when it is not."""


class Generation:
    """A job of the line and the engine's listener in one."""

    def __init__(self, engine: Engine, request: Request, reply: Reply, meters: Meters) -> None:
        self._engine = engine
        self._request = request
        self._reply = reply
        self._meters = meters
        self._arrived = time.monotonic()
        self._first = True
        self._prompt_tokens = 0
        self._generated_tokens = 0
        self._kept: list[str] = []

    def run(self) -> None:
        """Compute the answer and send it."""
        if self._reply.cancelled():
            self._reply.drop()
            return
        try:
            outcome = self._engine.generate(self._request, self)
        except GenerationError as fault:
            self._reply.fault(fault)
        except CancelledError:
            self._reply.drop()
        else:
            self._reply.last("".join(self._kept), outcome)

    def fail(self, fault: GenerationError) -> None:
        """Send an error for an answer."""
        self._reply.fault(fault)

    def cancelled(self) -> bool:
        """Return True when nobody waits for the answer any more."""
        return self._reply.cancelled()

    def beat(self) -> None:
        """Send an empty piece: Triton's HTTP server sees that a client is gone only when it writes (seen in 2.51)."""
        if self._request.stream:
            self._reply.piece("")

    def progress(self, prompt_tokens: int, generated_tokens: int) -> None:
        """Count the tokens that were read and written since the last call."""
        self._meters.progress(prompt_tokens - self._prompt_tokens, generated_tokens - self._generated_tokens)
        self._prompt_tokens = prompt_tokens
        self._generated_tokens = generated_tokens
        if self._first:
            self.beat()

    def text(self, piece: str) -> None:
        """Pass a piece on, or keep it when the client wants the answer as a whole."""
        if self._first:
            self._first = False
            self._meters.first_token(time.monotonic() - self._arrived)
        if self._request.stream:
            self._reply.piece(piece)
        else:
            self._kept.append(piece)
