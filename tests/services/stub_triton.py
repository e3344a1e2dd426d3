"""A server that speaks Triton's generate_stream and does what its prompt says; it computes nothing.

The last word pair of the prompt or last message picks the behaviour: `stub: NAME`. Anything else is answered.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

PIECES = ("Grüße", ", ", "Welt", "\u2028", "!")
"""The answer; it has characters of several bytes and a line separator that is not a line's end in SSE."""

_HEAD = "HTTP/1.1 {} OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n"


class StubTriton:
    """Runs in a thread of its own between `start` and `stop`."""

    def __init__(self, first_byte_seconds: float = 0.0) -> None:
        self.payloads: list[dict[str, Any]] = []
        """What the requests asked for."""
        self.abandoned = 0
        """Requests whose client left before the end."""
        self.refusals = 0
        """Requests that the next clients get no answer to."""
        self.breaks = 0
        """Answers to `stub: once` that break off."""
        self._first_byte_seconds = first_byte_seconds
        self._port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Base URL."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, on a port that the system picks and that stays the same ever after."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", self._port))
        self._port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Stop listening and drop all connections."""

        async def end() -> None:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()
            await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()}, return_exceptions=True)

        self._do(end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.abandoned += 1
        finally:
            self._writers.remove(writer)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return False when there was none."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        except asyncio.IncompleteReadError:
            return False
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        payload = json.loads(json.loads(await reader.readexactly(length))["request"])
        self.payloads.append(payload)
        if self.refusals:
            self.refusals -= 1
            return False
        text = payload["prompt"] if "prompt" in payload else payload["messages"][-1]["content"]
        name = text.partition("stub: ")[2]
        await _BEHAVIOURS.get(name, _answer)(self, reader, writer)
        return True

    async def pause(self) -> None:
        """Take as long as an engine takes to its first token."""
        await asyncio.sleep(self._first_byte_seconds)


Behaviour = Callable[[StubTriton, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _answer(stub: StubTriton, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await stub.pause()
    _begin(writer)
    _event(writer, {"text_output": ""})
    for piece in PIECES:
        _event(writer, {"text_output": piece})
        await writer.drain()
    end = {"finish_reason": "stop", "num_input_tokens": 7, "num_output_tokens": len(PIECES), "text_output": ""}
    _event(writer, end)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _refuse(writer: asyncio.StreamWriter, text: str) -> None:
    _begin(writer, 400)
    _event(writer, {"error": text})
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _full(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _refuse(writer, "overloaded: 2 requests run and 2 wait already")


async def _long(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _refuse(writer, "context_length_exceeded: the prompt has 9 tokens and the context 8")


async def _dead(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await _refuse(writer, "Stub process 'smollm2_0_0' is not healthy.")


async def _garbage(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    _begin(writer)
    _chunk(writer, b"data: {\xff\n\n")
    await writer.drain()


async def _late(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Fail after a piece."""
    _begin(writer)
    _event(writer, {"text_output": "half"})
    await _late_error(writer)


async def _late_error(writer: asyncio.StreamWriter) -> None:
    _event(writer, {"error": "engine_failed: out of luck"})
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _broken(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break off after a piece."""
    _begin(writer)
    _event(writer, {"text_output": "half"})
    await writer.drain()
    raise ConnectionError


async def _once(stub: StubTriton, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break off after two pieces the first time, and answer from then on."""
    if stub.breaks:
        stub.breaks -= 1
        _begin(writer)
        for piece in PIECES[:2]:
            _event(writer, {"text_output": piece})
        await writer.drain()
        raise ConnectionError
    await _answer(stub, reader, writer)


async def _stall(_: StubTriton, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a piece, and then nothing until the client leaves."""
    _begin(writer)
    _event(writer, {"text_output": "half"})
    await writer.drain()
    await _silence(_, reader, writer)


async def _silence(_: StubTriton, reader: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
    """Send nothing until the client leaves."""
    await reader.read()
    raise ConnectionError


async def _slow(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a piece ten times a second for two seconds."""
    await _tick(writer, 20)


async def _slower(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send a piece ten times a second for five seconds."""
    await _tick(writer, 50)


async def _tick(writer: asyncio.StreamWriter, count: int) -> None:
    _begin(writer)
    for _ in range(count):
        _event(writer, {"text_output": "tick "})
        await writer.drain()
        await asyncio.sleep(0.1)
    _event(writer, {"finish_reason": "length", "num_input_tokens": 1, "num_output_tokens": count, "text_output": ""})
    writer.write(b"0\r\n\r\n")
    await writer.drain()


async def _flood(_: StubTriton, __: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send more than all buffers on the way can hold, for ever."""
    _begin(writer)
    while True:
        _event(writer, {"text_output": "x" * 50_000})
        await writer.drain()


_BEHAVIOURS: dict[str, Behaviour] = {
    "full": _full,
    "long": _long,
    "dead": _dead,
    "garbage": _garbage,
    "late": _late,
    "broken": _broken,
    "once": _once,
    "stall": _stall,
    "silence": _silence,
    "slow": _slow,
    "slower": _slower,
    "flood": _flood,
}


def _begin(writer: asyncio.StreamWriter, status: int = 200) -> None:
    writer.write(_HEAD.format(status).encode())


def _event(writer: asyncio.StreamWriter, value: dict[str, Any]) -> None:
    event = {"model_name": "stub", "model_version": "1", **value}
    _chunk(writer, b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n")


def _chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))
