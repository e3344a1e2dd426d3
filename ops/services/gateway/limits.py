"""How many requests may be in flight at once, in all and for each key."""

from __future__ import annotations

import collections
import contextlib
from collections.abc import Iterator

from .errors import RateLimitError
from .keys import Key


class Limits:
    """Counts requests in flight. All calls come from one event loop."""

    def __init__(self, total: int, per_key: int) -> None:
        self._total = total
        self._per_key = per_key
        self._held: collections.Counter[str] = collections.Counter()

    @property
    def in_flight(self) -> int:
        """Requests in flight now."""
        return self._held.total()

    @contextlib.contextmanager
    def hold(self, key: Key) -> Iterator[None]:
        """Count one request while the context lasts. Raise RateLimitError when it would be one too many."""
        if self._held[key.name] >= self._per_key:
            raise RateLimitError(f"This key has {self._per_key} requests in flight, which is its limit.")
        if self.in_flight >= self._total:
            raise RateLimitError(f"The gateway has {self._total} requests in flight, which is its limit.")
        self._held[key.name] += 1
        try:
            yield
        finally:
            self._held[key.name] -= 1
