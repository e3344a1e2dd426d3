"""Where a host name points to, remembered: the cluster's name servers may be gone while its Services still work.

A Service keeps its address for as long as it lives. So what a name meant a moment ago is used at once and looked up
again beside the request, and an old answer is better than none: a lost control plane, which may take both DNS pods with
it, does not stop a single answer.
"""

from __future__ import annotations

import asyncio
import socket
import time

_FRESH_SECONDS = 30.0
"""Age at which an answer is looked up again."""
_DOUBT_SECONDS = 0.5
"""How long a request waits for a new answer where the old one has just led nowhere."""


class Name:
    """One host name and the addresses that it had last."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._known: tuple[str, ...] = ()
        self._looked_up = 0.0
        self._doubted = False
        self._looking: asyncio.Task[tuple[str, ...]] | None = None

    async def addresses(self) -> tuple[str, ...]:
        """Return the addresses, the remembered ones where there are some. Raise OSError when none was ever found."""
        if self._known and not self._doubted and time.monotonic() - self._looked_up < _FRESH_SECONDS:
            return self._known
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_up())
        if not self._known:
            return await asyncio.shield(self._looking)
        if self._doubted:
            await asyncio.wait({self._looking}, timeout=_DOUBT_SECONDS)
        return self._known

    def doubt(self) -> None:
        """Note that the addresses led nowhere: the next request waits a moment for new ones."""
        self._doubted = True

    async def _look_up(self) -> tuple[str, ...]:
        """Ask the name servers; what was known stays when they do not answer."""
        try:
            found = await asyncio.get_running_loop().getaddrinfo(self._host, None, type=socket.SOCK_STREAM)
        except OSError:
            if not self._known:
                raise
            self._looked_up = time.monotonic()
            return self._known
        self._known = tuple(str(entry[4][0]) for entry in found)
        self._looked_up = time.monotonic()
        self._doubted = False
        return self._known
