"""One POST over one HTTP/1.1 connection: asyncio moves the bytes, h11 reads the protocol.

Each request has its own connection, on purpose: a Kubernetes Service picks a replica by connection, the close of a
connection is how Triton learns of a cancel, and a Triton that is told to stop waits for every open connection, idle
ones too, until its time to exit is over (seen in 2.51). A general client is dear for that: with httpx the gateway adds
4.6 ms to the time to the first token, with this 2.5 ms (p50, tests/bench/bench_gateway_ttft.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator

import h11

from .names import Name

_BLOCK = 65_536
"""Bytes read at a time."""

_CONNECT_SECONDS = 2.0


class UnreachableError(Exception):
    """There is no connection to the server."""


class BrokenOffError(Exception):
    """The connection ended before the response was complete."""


@dataclasses.dataclass(frozen=True)
class Target:
    """Where requests go."""

    host: str
    port: int
    path: str
    name: Name = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", Name(self.host))


async def post(target: Target, body: bytes, silence_seconds: float) -> AsyncGenerator[bytes, None]:
    """Send a request and yield the response's body in blocks, whatever its status. Closing the generator cancels.

    Raise UnreachableError, BrokenOffError, or TimeoutError when nothing comes for `silence_seconds`.
    """
    reader, writer = await _connect(target)
    protocol = h11.Connection(h11.CLIENT)
    try:
        writer.write(_request(protocol, target, body))
        while not isinstance(event := protocol.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                yield bytes(event.data)
            elif event is h11.NEED_DATA:
                async with asyncio.timeout(silence_seconds):
                    protocol.receive_data(await reader.read(_BLOCK))
    except (h11.RemoteProtocolError, ConnectionError) as error:
        raise BrokenOffError(str(error)) from error
    finally:
        writer.transport.abort()


async def _connect(target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await _open(await target.name.addresses(), target.port)
    except OSError as error:
        target.name.doubt()
        raise UnreachableError(f"{target.host}:{target.port}: {error}") from error


async def _open(addresses: tuple[str, ...], port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Return a connection to the first address that takes one. Raise OSError as the last one did."""
    for address in addresses[:-1]:
        with contextlib.suppress(ConnectionError):
            return await asyncio.open_connection(address, port)
    return await asyncio.open_connection(addresses[-1], port)


def _request(protocol: h11.Connection, target: Target, body: bytes) -> bytes:
    """Return the whole request, so that it leaves in one piece."""
    headers = [
        ("host", f"{target.host}:{target.port}"),
        ("content-type", "application/json"),
        ("content-length", str(len(body))),
        ("connection", "close"),
    ]
    events = (h11.Request(method="POST", target=target.path, headers=headers), h11.Data(body), h11.EndOfMessage())
    return b"".join(protocol.send(event) or b"" for event in events)
