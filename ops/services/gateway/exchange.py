"""One HTTP exchange over ASGI: read its body, notice that the client has left, send JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from typing import Any

from starlette.types import Receive, Scope, Send

from .errors import ApiError, InvalidRequestError, SlowBodyError, TooLargeError

_BODY_SECONDS = 30.0
"""Seconds in which a body must arrive."""


class ClientGoneError(Exception):
    """The client closed the connection before the answer was complete."""


def header(scope: Scope, name: bytes) -> str | None:
    """Return a request header; `name` is in lower case."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value).decode("latin-1")
    return None


async def read_json(scope: Scope, receive: Receive, max_bytes: int) -> object:
    """Return the JSON value of the body. Raise InvalidRequestError, TooLargeError, SlowBodyError or ClientGoneError."""
    length = header(scope, b"content-length")
    if length is not None and int(length) > max_bytes:
        raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            body = await _read(receive, max_bytes)
    except TimeoutError as error:
        raise SlowBodyError(f"The body did not arrive within {_BODY_SECONDS:g} s.") from error
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequestError(f"The body is not valid JSON in UTF-8: {error}", code="invalid_json") from error


async def _read(receive: Receive, max_bytes: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise _too_large(max_bytes)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(max_bytes: int) -> TooLargeError:
    return TooLargeError(f"The body has more than {max_bytes} bytes, which is the limit.")


def _refuse_constant(name: str) -> object:
    """Python reads NaN and Infinity, which JSON does not have."""
    raise ValueError(f"{name} is not JSON")


async def while_connected(receive: Receive, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, and cancel it when the client leaves first: then raise ClientGoneError."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_left(receive))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientGoneError
        working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_json(send: Send, value: Mapping[str, object]) -> None:
    """Answer 200 with a JSON object."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    await _send(send, 200, {}, body)


async def send_error(send: Send, error: ApiError) -> None:
    """Answer with an error."""
    await _send(send, error.status, error.headers, json.dumps(error.body()).encode())


async def _send(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    everything = {"content-type": "application/json", "content-length": str(len(body)), **headers}
    raw = [(name.encode(), value.encode()) for name, value in everything.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
