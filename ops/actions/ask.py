"""Ask the site's first model one question from outside, as a client does, and time the answer."""

from __future__ import annotations

import contextlib
import dataclasses
import http
import json
import ssl
import time

import httpx

from ops import errors
from ops.actions import prepare
from ops.plan import endpoints
from ops.spec import model

QUESTION = "What is the capital of France? Answer in one sentence."
_DEADLINE_SECONDS = 120.0
_SERVED_SECONDS = 120.0
"""How long load balancer and gateway may take to see that a model is ready."""
_PAUSE_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the model said, and how fast; times in seconds."""

    model: str
    question: str
    text: str
    first_token_seconds: float
    total_seconds: float
    completion_tokens: int

    @property
    def tokens_per_second(self) -> float:
        """Tokens per second from request to last token."""
        return self.completion_tokens / self.total_seconds if self.total_seconds else 0.0


def ask(site: model.Site, question: str = QUESTION) -> Answer:
    """Return the answer of the site's first model.

    Raise UnreachableError, CredentialError or DeployError when the site does not answer as it should.
    """
    space = prepare.workspace(site)
    card = site.models[0]
    body = {
        "model": card.name,
        "messages": [{"role": "user", "content": question}],
        "max_tokens": 64,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    context = ssl.create_default_context(cafile=str(space.trust))
    headers = {"authorization": f"Bearer {space.api_key.read_text(encoding='utf-8').strip()}"}
    url = f"{endpoints.gateway_url(site)}/chat/completions"
    try:
        with httpx.Client(verify=context, timeout=_DEADLINE_SECONDS, trust_env=False) as client:
            _wait_until_served(client, site, headers)
            answer = _stream(client, url, headers, body, card.name, question)
    except httpx.HTTPError as error:
        raise errors.UnreachableError(
            f"the gateway does not answer: {error}", where=url, mend=f"look at: sitewright status {site.name}"
        ) from error
    _remember(space, answer)
    return answer


def _wait_until_served(client: httpx.Client, site: model.Site, headers: dict[str, str]) -> None:
    """Return when the gateway lists models, or when the time for that is over: the question then tells why."""
    deadline = time.monotonic() + _SERVED_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            response = client.get(f"{endpoints.gateway_url(site)}/models", headers=headers, timeout=5)
            if response.status_code != http.HTTPStatus.SERVICE_UNAVAILABLE:
                return
        time.sleep(_PAUSE_SECONDS)


def _stream(
    client: httpx.Client, url: str, headers: dict[str, str], body: dict[str, object], name: str, question: str
) -> Answer:
    started = time.monotonic()
    first = 0.0
    tokens = 0
    parts: list[str] = []
    with client.stream("POST", url, headers=headers, json=body) as response:
        if response.status_code != http.HTTPStatus.OK:
            raise _refusal(response.status_code, response.read().decode(errors="replace"), url)
        for line in response.iter_lines():
            if not line.startswith("data: ") or line == "data: [DONE]":
                continue
            event = json.loads(line.removeprefix("data: "))
            if "error" in event:
                raise errors.DeployError(
                    f"the answer broke off: {event['error'].get('message')}", where=url, mend="ask again"
                )
            for choice in event.get("choices", ()):
                text = choice["delta"].get("content") or ""
                if text and not first:
                    first = time.monotonic() - started
                parts.append(text)
            tokens = (event.get("usage") or {}).get("completion_tokens", tokens)
    return Answer(name, question, "".join(parts).strip(), first, time.monotonic() - started, tokens)


def _refusal(status: int, text: str, url: str) -> errors.SitewrightError:
    if status == http.HTTPStatus.UNAUTHORIZED:
        return errors.CredentialError("the gateway refuses the API key", where=url, mend="run: make site")
    return errors.DeployError(
        f"the gateway answered {status}: {text[:300]}", where=url, mend="ask again, then look at: sitewright status"
    )


def _remember(space: prepare.Workspace, answer: Answer) -> None:
    record = {**dataclasses.asdict(answer), "tokens_per_second": answer.tokens_per_second, "time": time.time()}
    temporary = space.state / "last_answer.json.new"
    temporary.write_text(json.dumps(record), encoding="utf-8")
    temporary.rename(space.state / "last_answer.json")
