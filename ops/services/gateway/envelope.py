"""What goes around every exchange: a request id, metrics and one log line that never holds a prompt or an answer."""

from __future__ import annotations

import dataclasses
import json
import logging
import re
import time
import uuid
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .exchange import header
from .meters import Meters

CLIENT_GONE = 499
"""Status in metrics and logs when the client left before the end, as nginx numbers it."""

BROKEN_OFF = 502
"""Status in metrics and logs when the model broke off a stream that had begun with 200."""

_LOG = logging.getLogger("gateway.access")
_RECORD = "sitewright.record"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_OTHER = "other"


@dataclasses.dataclass
class Record:
    """What is known of one exchange; the parts that handle it fill it in."""

    request_id: str
    started: float
    """Reading of time.perf_counter()."""
    status: int = 0
    key: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    generated_tokens: int | None = None
    error: str | None = None


def record_of(scope: Scope) -> Record:
    """Return the record of the exchange that a scope belongs to."""
    record: Record = scope[_RECORD]
    return record


class Envelope:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, meters: Meters, routes: frozenset[str], state: State) -> None:
        """`routes` are the paths that metrics show by name; all others count together."""
        self._app = app
        self._meters = meters
        self._routes = routes
        self._state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one exchange."""
        record = scope[_RECORD] = Record(_request_id(scope), time.perf_counter())
        extra = [(b"x-request-id", record.request_id.encode())]

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = record.status or message["status"]
                closing = [(b"connection", b"close")] if self._state.draining else []
                message = {**message, "headers": [*message["headers"], *extra, *closing]}
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._finish(scope, record)

    def _finish(self, scope: Scope, record: Record) -> None:
        seconds = time.perf_counter() - record.started
        route = scope["path"] if scope["path"] in self._routes else _OTHER
        self._meters.requests.labels(route, str(record.status)).inc()
        self._meters.seconds.labels(route).observe(seconds)
        line: dict[str, Any] = {"method": scope["method"], "path": scope["path"], "seconds": round(seconds, 4)}
        fields = dataclasses.asdict(record)
        del fields["started"]
        line.update({name: value for name, value in fields.items() if value is not None})
        _LOG.info(json.dumps(line))


@dataclasses.dataclass
class State:
    """Where the process is in its life."""

    draining: bool = False
    """True after the stop signal: connections close after their next answer."""


def _request_id(scope: Scope) -> str:
    """Return the client's own request id when it is harmless, else a new one."""
    given = header(scope, b"x-request-id") or ""
    return given if _REQUEST_ID.fullmatch(given) else f"req_{uuid.uuid4().hex}"
