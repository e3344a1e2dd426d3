"""A reply that is silent after its end, whichever thread speaks."""

from __future__ import annotations

import threading
from collections.abc import Callable

from .errors import GenerationError
from .generation import Reply
from .listener import Outcome


class Guarded:
    """A Reply that passes nothing on after its end.

    Triton 2.51 frees what `is_cancelled` asks for as soon as the final flag is sent, and the whole server dies of a
    question that comes later (SIGSEGV in TRITONBACKEND_ResponseFactoryIsCancelled, seen under load): the thread that
    looks after waiting jobs and the one that answers must not meet there.
    """

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._lock = threading.Lock()
        self._ended = False

    def piece(self, text: str) -> None:
        """See Reply."""
        with self._lock:
            if not self._ended:
                self._reply.piece(text)

    def last(self, text: str, outcome: Outcome) -> None:
        """See Reply."""
        self._end(lambda: self._reply.last(text, outcome))

    def fault(self, fault: GenerationError) -> None:
        """See Reply."""
        self._end(lambda: self._reply.fault(fault))

    def drop(self) -> None:
        """See Reply."""
        self._end(self._reply.drop)

    def cancelled(self) -> bool:
        """See Reply; what has ended is not cancelled any more."""
        with self._lock:
            return not self._ended and self._reply.cancelled()

    def _end(self, say: Callable[[], None]) -> None:
        with self._lock:
            if not self._ended:
                say()
                self._ended = True
