from __future__ import annotations

import asyncio
import socket

import pytest

from ops.services.gateway import names


class Servers:
    """Name servers of a loop that answer, fail or hang, as told; counts the questions."""

    def __init__(self) -> None:
        self.answer: str | None = "198.18.0.1"
        self.hangs = False
        self.asked = 0

    async def getaddrinfo(self, host: str, port: None, *, type: int) -> list[tuple[object, ...]]:  # noqa: A002
        assert (port, type) == (None, socket.SOCK_STREAM)
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(60)
        if self.answer is None:
            raise socket.gaierror(socket.EAI_AGAIN, f"no answer for {host}")
        return [(socket.AF_INET, type, 6, "", (self.answer, 0))]


async def _with(servers: Servers) -> names.Name:
    asyncio.get_running_loop().getaddrinfo = servers.getaddrinfo  # type: ignore[method-assign, assignment]
    return names.Name("triton")


def test_an_answer_is_asked_for_once() -> None:
    async def story() -> None:
        servers = Servers()
        name = await _with(servers)
        assert [await name.addresses() for _ in range(3)] == [("198.18.0.1",)] * 3
        assert servers.asked == 1

    asyncio.run(story())


def test_a_name_that_never_had_an_answer_is_an_error() -> None:
    async def story() -> None:
        servers = Servers()
        servers.answer = None
        name = await _with(servers)
        with pytest.raises(socket.gaierror):
            await name.addresses()
        servers.answer = "198.18.0.2"
        assert await name.addresses() == ("198.18.0.2",)

    asyncio.run(story())


@pytest.mark.parametrize("hangs", [False, True])
def test_without_name_servers_the_old_answer_stands(hangs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(names, "_DOUBT_SECONDS", 0.01)

    async def story() -> None:
        servers = Servers()
        name = await _with(servers)
        await name.addresses()
        servers.answer, servers.hangs = None, hangs
        for _ in range(3):
            name.doubt()
            assert await name.addresses() == ("198.18.0.1",)

    asyncio.run(story())


def test_an_old_answer_is_looked_up_again_beside_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_FRESH_SECONDS", 0.0)

    async def story() -> None:
        servers = Servers()
        name = await _with(servers)
        await name.addresses()
        servers.answer = "198.18.0.2"
        assert await name.addresses() == ("198.18.0.1",)
        await asyncio.sleep(0.01)
        assert await name.addresses() == ("198.18.0.2",)

    asyncio.run(story())


def test_an_address_that_led_nowhere_is_looked_up_before_the_next_request() -> None:
    async def story() -> None:
        servers = Servers()
        name = await _with(servers)
        await name.addresses()
        servers.answer = "198.18.0.2"
        name.doubt()
        assert await name.addresses() == ("198.18.0.2",)

    asyncio.run(story())
