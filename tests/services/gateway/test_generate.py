"""The generating endpoints of a running gateway, against a stub of Triton."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.services import gateway_process, sockets
from tests.services.stub_triton import PIECES, StubTriton

TEXT = "".join(PIECES)
USAGE = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}


def _body(prompt: str = "Hi", **extra: object) -> dict[str, object]:
    return {"model": "smollm2", "messages": [{"role": "user", "content": prompt}], **extra}


def _chat(client: httpx.Client, prompt: str = "Hi", **extra: object) -> httpx.Response:
    return client.post("/chat/completions", json=_body(prompt, **extra))


def _events(response: httpx.Response) -> list[Any]:
    """Return the data of the events of a stream: JSON values, and [DONE] as text."""
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    data = [event.removeprefix("data: ") for event in response.content.decode().split("\n\n")[:-1]]
    return [event if event == "[DONE]" else json.loads(event) for event in data]


def _error(response: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    return error


def _eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come true within 60 s"
        time.sleep(0.02)


def _metric(gateway: gateway_process.Gateway, line: str) -> float:
    for found in httpx.get(f"{gateway.operations}/metrics", trust_env=False).text.splitlines():
        if found.startswith(line + " "):
            return float(found.split()[-1])
    return 0.0


def test_a_chat_answer_has_openais_shape(client: httpx.Client) -> None:
    answer = _chat(client).json()
    message = {"role": "assistant", "content": TEXT, "refusal": None}
    assert answer.pop("id").startswith("chatcmpl-")
    assert abs(answer.pop("created") - time.time()) < 60
    assert answer == {
        "object": "chat.completion",
        "model": "smollm2",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": USAGE,
    }


def test_a_chat_stream_opens_with_the_role_and_ends_with_done(client: httpx.Client) -> None:
    *chunks, done = _events(_chat(client, stream=True))
    assert done == "[DONE]"
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": ""},
        *({"content": piece} for piece in PIECES),
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None] * (len(PIECES) + 1) + ["stop"]
    assert not any("usage" in chunk for chunk in chunks)


def test_a_stream_tells_its_usage_when_asked_to(client: httpx.Client) -> None:
    *chunks, last, done = _events(_chat(client, stream=True, stream_options={"include_usage": True}))
    assert done == "[DONE]"
    assert (last["choices"], last["usage"]) == ([], USAGE)
    assert all(chunk["usage"] is None for chunk in chunks)


def test_a_plain_completion_has_openais_shape_too(client: httpx.Client) -> None:
    answer = client.post("/completions", json={"model": "smollm2", "prompt": "Hi"}).json()
    assert answer["object"] == "text_completion"
    assert answer["choices"] == [{"index": 0, "text": TEXT, "logprobs": None, "finish_reason": "stop"}]
    assert answer["usage"] == USAGE


def test_a_plain_stream_is_all_text(client: httpx.Client) -> None:
    *chunks, done = _events(client.post("/completions", json={"model": "smollm2", "prompt": "Hi", "stream": True}))
    assert done == "[DONE]"
    assert [chunk["choices"][0]["text"] for chunk in chunks] == [*PIECES, ""]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("behaviour", "status", "code"),
    [
        ("full", 429, "model_overloaded"),
        ("long", 400, "context_length_exceeded"),
        ("dead", 503, "model_unavailable"),
        ("garbage", 503, "model_unavailable"),
        ("silence", 504, "model_timeout"),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_what_goes_wrong_before_the_first_text_has_a_status_of_its_own(
    client: httpx.Client, behaviour: str, status: int, code: str, *, stream: bool
) -> None:
    response = _chat(client, f"stub: {behaviour}", stream=stream)
    assert response.status_code == status
    assert _error(response)["code"] == code
    assert ("retry-after" in response.headers) == (status in {429, 503})


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [("late", "model_unavailable"), ("broken", "model_unavailable"), ("stall", "model_timeout")],
)
def test_what_goes_wrong_later_is_the_last_event_of_the_stream(client: httpx.Client, behaviour: str, code: str) -> None:
    *chunks, last = _events(_chat(client, f"stub: {behaviour}", stream=True))
    assert last.keys() == {"error"}
    assert last["error"]["code"] == code
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks) == "half"
    assert not any(chunk["choices"][0]["finish_reason"] for chunk in chunks)


@pytest.mark.parametrize("behaviour", ["late", "broken"])
def test_half_an_answer_is_never_sent_as_a_whole_one(client: httpx.Client, behaviour: str) -> None:
    assert _chat(client, f"stub: {behaviour}").status_code == 503


def test_a_server_that_drops_a_request_unread_is_asked_again(client: httpx.Client, stub: StubTriton) -> None:
    stub.refusals = 2
    assert _chat(client).json()["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("stream", [True, False])
def test_a_client_that_leaves_takes_its_request_off_the_model(
    gateway: gateway_process.Gateway, stub: StubTriton, *, stream: bool
) -> None:
    before = stub.abandoned
    left = _metric(gateway, 'sitewright_gateway_requests_total{route="/v1/chat/completions",status="499"}')
    body = _body("stub: slow", stream=stream)
    with sockets.begin(f"{gateway.api}/chat/completions", body, Authorization=f"Bearer {gateway_process.KEY}"):
        _eventually(lambda: _metric(gateway, "sitewright_gateway_in_flight_requests") == 1)
    _eventually(lambda: stub.abandoned == before + 1)
    _eventually(lambda: _metric(gateway, "sitewright_gateway_in_flight_requests") == 0)
    _eventually(
        lambda: (
            _metric(gateway, 'sitewright_gateway_requests_total{route="/v1/chat/completions",status="499"}') == left + 1
        )
    )
    assert "internal_error" not in gateway.log.read_text()


def test_a_client_that_stays_and_does_not_read_gives_its_place_up_in_the_end(tmp_path: Path, stub: StubTriton) -> None:
    with gateway_process.running(tmp_path, stub.url, {"request_timeout_seconds": 0.5}) as gateway:
        bearer = f"Bearer {gateway_process.KEY}"
        body = _body("stub: flood", stream=True)
        with sockets.begin(f"{gateway.api}/chat/completions", body, Authorization=bearer):
            _eventually(lambda: _metric(gateway, "sitewright_gateway_in_flight_requests") == 1)
            _eventually(lambda: _metric(gateway, "sitewright_gateway_in_flight_requests") == 0)


def test_more_requests_than_a_key_may_hold_are_refused_until_one_ends(client: httpx.Client) -> None:
    with (
        client.stream("POST", "/chat/completions", json=_body("stub: slow", stream=True)) as first,
        client.stream("POST", "/chat/completions", json=_body("stub: slow", stream=True)) as second,
    ):
        refused = _chat(client)
        assert (refused.status_code, _error(refused)["code"]) == (429, "rate_limit_exceeded")
        assert refused.headers["retry-after"] == "1"
        assert first.read().endswith(b"data: [DONE]\n\n")
        assert second.read().endswith(b"data: [DONE]\n\n")
    _eventually(lambda: _chat(client).status_code == 200)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b'{"model": NaN}',
        b'{"model": "\xff"}',
        b"\xef\xbb\xbf{}",
        '{"model": "smollm2"}'.encode("utf-16"),
        b"[" * 10_000,
        b'{"seed": ' + b"9" * 5_000 + b"}",
        b"model=smollm2&prompt=Hi",
    ],
    ids=["empty", "cut", "null", "NaN", "not UTF-8", "BOM", "UTF-16", "deep", "huge number", "form"],
)
def test_a_body_that_is_no_json_object_in_utf8_is_a_bad_request(client: httpx.Client, content: bytes) -> None:
    response = client.post("/chat/completions", content=content)
    assert response.status_code == 400
    assert _error(response)["type"] == "invalid_request_error"


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: httpx.Client, *, chunked: bool) -> None:
    blocks = [b"x" * 100_000] * 50
    response = client.post("/chat/completions", content=iter(blocks) if chunked else b"".join(blocks))
    assert (response.status_code, _error(response)["code"]) == (413, "request_too_large")


def test_without_a_key_not_even_the_body_is_looked_at(gateway: gateway_process.Gateway) -> None:
    response = httpx.post(f"{gateway.api}/chat/completions", content=b"{", trust_env=False)
    assert (response.status_code, _error(response)["code"]) == (401, "invalid_api_key")
    assert response.headers["www-authenticate"] == "Bearer"


def test_the_backend_gets_the_options_and_nothing_else(client: httpx.Client, stub: StubTriton) -> None:
    expected: Mapping[str, object] = {
        "messages": [{"role": "user", "content": "Hi"}],
        "max_tokens": 9,
        "temperature": 0.5,
        "seed": 3,
        "stop": ["\n"],
        "stream": True,
    }
    _chat(client, max_tokens=9, temperature=0.5, seed=3, stop="\n", user="ada")
    assert expected in stub.payloads


def test_tokens_and_first_tokens_are_counted(client: httpx.Client, gateway: gateway_process.Gateway) -> None:
    generated = 'sitewright_gateway_tokens_total{key="tester",kind="generated",model="smollm2"}'
    first = 'sitewright_gateway_time_to_first_token_seconds_count{model="smollm2"}'
    before = _metric(gateway, generated), _metric(gateway, first)
    _chat(client)
    assert (_metric(gateway, generated), _metric(gateway, first)) == (before[0] + 5, before[1] + 1)
