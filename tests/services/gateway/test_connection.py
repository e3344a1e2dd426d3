from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import pytest

from ops.services.gateway import connection

_Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _post(serve: _Serve, silence_seconds: float = 5.0) -> list[bytes]:
    """Serve one connection and return the blocks that a request to it gets."""
    served = asyncio.Event()

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve(reader, writer)
        with contextlib.suppress(ConnectionError):
            writer.close()
            await writer.wait_closed()
        served.set()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        try:
            return [block async for block in connection.post(_target(port), b"body", silence_seconds)]
        finally:
            await served.wait()


def _target(port: int) -> connection.Target:
    return connection.Target("127.0.0.1", port, "/v2/path")


def _answer(response: bytes, requests: list[bytes] | None = None) -> _Serve:
    """Return what reads a request and sends a response."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"body")
        if requests is not None:
            requests.append(request)
        writer.write(response)

    return serve


def test_a_request_is_a_post_that_closes_its_connection() -> None:
    requests: list[bytes] = []
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
    assert b"".join(asyncio.run(_post(_answer(response, requests)))) == b"onetwo"
    head, _, body = requests[0].partition(b"\r\n\r\n")
    line, *headers = head.decode().lower().split("\r\n")
    assert line == "post /v2/path http/1.1"
    assert {"connection: close", "content-length: 4", "content-type: application/json"} < set(headers)
    assert body == b"body"


def test_an_error_has_a_body_too() -> None:
    response = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nnone"
    assert asyncio.run(_post(_answer(response))) == [b"none"]


@pytest.mark.parametrize(
    "response",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"SSH-2.0-OpenSSH_10.0\r\n\r\n",
    ],
)
def test_a_response_that_is_not_whole_is_broken_off(response: bytes) -> None:
    with pytest.raises(connection.BrokenOffError):
        asyncio.run(_post(_answer(response)))


def test_silence_has_an_end() -> None:
    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    with pytest.raises(TimeoutError):
        asyncio.run(_post(serve, 0.1))


def test_a_server_that_is_not_there_is_unreachable() -> None:
    async def ask() -> None:
        async for _ in connection.post(_target(1), b"body", 5.0):
            pass

    with pytest.raises(connection.UnreachableError, match=r"127\.0\.0\.1:1"):
        asyncio.run(ask())


def test_closing_half_way_closes_the_connection() -> None:
    async def leave() -> None:
        left = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"body")
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
            with contextlib.suppress(ConnectionError):
                await reader.read()
                writer.close()
                await writer.wait_closed()
            left.set()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            target = _target(server.sockets[0].getsockname()[1])
            async with contextlib.aclosing(connection.post(target, b"body", 5.0)) as blocks:
                assert await anext(blocks) == b"half"
            await asyncio.wait_for(left.wait(), 5)

    asyncio.run(leave())
