from __future__ import annotations

import time

import httpx
import pytest

from tests.services import gateway_process


def test_a_clients_own_request_id_comes_back(client: httpx.Client) -> None:
    response = client.get("/models", headers={"x-request-id": "order-66.b"})
    assert response.headers["x-request-id"] == "order-66.b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, '"}', "ÿ"])
def test_a_request_id_that_could_do_harm_is_replaced(client: httpx.Client, given: str) -> None:
    response = client.get("/models", headers=[(b"x-request-id", given.encode("latin-1"))])
    assert response.headers["x-request-id"].startswith("req_")


def test_errors_carry_a_request_id_too(client: httpx.Client) -> None:
    assert client.get("/nothing").headers["x-request-id"].startswith("req_")


def test_the_log_tells_who_and_how_much_but_not_what(client: httpx.Client, gateway: gateway_process.Gateway) -> None:
    secret = "the-launch-code-is-0000"
    body = {"model": "smollm2", "messages": [{"role": "user", "content": secret}], "user": secret}
    client.post("/chat/completions", json=body, headers={"x-request-id": "find-me"})
    # The line is written just after the answer.
    deadline = time.monotonic() + 60
    while "find-me" not in (log := gateway.log.read_text()):
        assert time.monotonic() < deadline, log
    line = next(line for line in log.splitlines() if "find-me" in line)
    for part in ('"key": "tester"', '"model": "smollm2"', '"status": 200', '"prompt_tokens": 7'):
        assert part in line
    assert secret not in log
    assert gateway_process.KEY not in log
