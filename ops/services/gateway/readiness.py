"""Which models answer: a model counts as ready when it gave a token recently, for a client or for us."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Mapping

from .errors import ApiError, RateLimitError
from .meters import Meters
from .upstream import Upstream, one_token

_FRESH_INTERVALS = 3
"""An answer counts as recent for so many intervals between questions."""

_LOG = logging.getLogger(__name__)


class Readiness:
    """Keeps when each model last answered, and asks those that have no traffic."""

    def __init__(self, upstreams: Mapping[str, Upstream], interval: float, meters: Meters) -> None:
        """`interval` is in seconds."""
        self._upstreams = upstreams
        self._interval = interval
        self._answered: dict[str, float] = {}
        for model in upstreams:
            meters.model_ready.labels(model).set_function(functools.partial(self._is_ready, model))

    def answered(self, model: str) -> None:
        """Note that a model gave a token just now."""
        self._answered[model] = time.monotonic()

    def ready(self) -> dict[str, bool]:
        """Return for each model whether it answered recently."""
        return {model: self._is_ready(model) for model in self._upstreams}

    async def watch(self) -> None:
        """Keep asking, for ever."""
        while True:
            await asyncio.gather(*(self._check(model) for model in self._upstreams))
            await asyncio.sleep(self._interval)

    def _is_ready(self, model: str) -> bool:
        oldest = time.monotonic() - _FRESH_INTERVALS * self._interval
        return self._answered.get(model, oldest) > oldest

    async def _check(self, model: str) -> None:
        """Ask a model for a token, unless traffic has just shown that it works."""
        if self._answered.get(model, 0.0) > time.monotonic() - self._interval:
            return
        try:
            async for _ in self._upstreams[model].generate(one_token()):
                pass
        except RateLimitError:
            self.answered(model)
        except ApiError as error:
            _LOG.warning("model %s is not ready: %s", model, error)
            self._answered.pop(model, None)
        else:
            self.answered(model)
