"""The two endpoints that generate: POST /v1/chat/completions and POST /v1/completions."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import AsyncGenerator, Mapping, Sequence

from starlette.types import Message, Receive, Scope, Send

from . import answers, exchange, keys, sse
from .config import Config
from .envelope import BROKEN_OFF, CLIENT_GONE, Record, record_of
from .errors import ApiError, TooLateError
from .fields import Fields
from .generation import Again, End, Format, Generation
from .limits import Limits
from .meters import Meters
from .readiness import Readiness
from .upstream import Upstream

_STREAM_START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        # Tells nginx, and whoever follows it, to pass each event on at once.
        (b"x-accel-buffering", b"no"),
    ],
}

_UNREAD_SECONDS = 5.0
"""Seconds after a request's time in which the client may still take the end; one that does not counts as gone."""


@dataclasses.dataclass(frozen=True)
class Parts:
    """What the endpoints share."""

    config: Config
    keys: Sequence[keys.Key]
    limits: Limits
    meters: Meters
    upstreams: Mapping[str, Upstream]
    readiness: Readiness


class Generate:
    """One endpoint, as an ASGI application."""

    def __init__(self, parts: Parts, form: Format) -> None:
        self._parts = parts
        self._form = form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raise ApiError when that cannot even begin."""
        record = record_of(scope)
        try:
            await self._handle(scope, receive, send, record)
        except exchange.ClientGoneError:
            record.status = CLIENT_GONE

    async def _handle(self, scope: Scope, receive: Receive, send: Send, record: Record) -> None:
        """Check, read and answer. Raise ApiError before the answer has begun, ClientGoneError when nobody takes it."""
        parts = self._parts
        key = keys.authenticate(parts.keys, exchange.header(scope, b"authorization"))
        record.key = key.name
        with parts.limits.hold(key), parts.meters.in_flight.track_inprogress():
            body = await exchange.read_json(scope, receive, parts.config.max_body_bytes)
            generation = self._form.parse(Fields(body), parts.config.models)
            record.model = generation.model.name
            answer = self._stream if generation.stream else self._whole
            try:
                async with asyncio.timeout(parts.config.request_timeout_seconds + _UNREAD_SECONDS):
                    await exchange.while_connected(receive, answer(generation, record, send))
            except TimeoutError as error:
                raise exchange.ClientGoneError from error

    async def _whole(self, generation: Generation, record: Record, send: Send) -> None:
        """Send the answer in one piece."""
        texts: list[str] = []
        answer: Mapping[str, object] = {}
        async with contextlib.aclosing(self._events(generation, record)) as events:
            async for event in events:
                if isinstance(event, End):
                    answer = answers.whole(generation, self._form, "".join(texts), event)
                elif isinstance(event, Again):
                    texts.clear()
                else:
                    texts.append(event)
        await exchange.send_json(send, answer)

    async def _stream(self, generation: Generation, record: Record, send: Send) -> None:
        """Send the answer as it comes. An error before the first event is raised, a later one is the last event."""
        begun = False
        try:
            async with contextlib.aclosing(self._events(generation, record)) as events:
                async for event in events:
                    data = b"" if begun else answers.opening(generation, self._form)
                    if not begun:
                        begun = True
                        await send(_STREAM_START)
                    if isinstance(event, End):
                        last = data + answers.ending(generation, self._form, event)
                    elif isinstance(event, str):
                        data += answers.piece(generation, self._form, event)
                        await send({"type": "http.response.body", "body": data, "more_body": True})
        except ApiError as error:
            if not begun:
                raise
            record.status, record.error = BROKEN_OFF, error.code
            last = sse.encode(error.body())
        await send({"type": "http.response.body", "body": last})

    async def _events(self, generation: Generation, record: Record) -> AsyncGenerator[str | End | Again, None]:
        """Yield what the model says, and count it. Raise TooLateError when it takes too long in all."""
        parts, model = self._parts, generation.model.name
        deadline = asyncio.get_running_loop().time() + parts.config.request_timeout_seconds
        first = True
        asked = parts.upstreams[model].generate(generation.payload, whole=not generation.stream)
        async with contextlib.aclosing(asked) as events:
            while (event := await _next(events, deadline)) is not None:
                if isinstance(event, End):
                    _count(parts.meters, record, event)
                elif first:
                    first = False
                    parts.readiness.answered(model)
                    parts.meters.first_token.labels(model).observe(time.perf_counter() - record.started)
                yield event


async def _next(events: AsyncGenerator[str | End | Again, None], deadline: float) -> str | End | Again | None:
    """Return the next event, or nothing at the end. Raise TooLateError at the deadline (event loop's clock)."""
    try:
        async with asyncio.timeout_at(deadline):
            return await anext(events, None)
    except TimeoutError as error:
        raise TooLateError("The answer was not complete within the time that one request may take.") from error


def _count(meters: Meters, record: Record, end: End) -> None:
    """Note the tokens of a complete answer."""
    record.prompt_tokens, record.generated_tokens = end.prompt_tokens, end.generated_tokens
    for kind, number in (("prompt", end.prompt_tokens), ("generated", end.generated_tokens)):
        meters.tokens.labels(record.model, record.key, kind).inc(number)
