"""Clients that ask the gateway one question after the other, each once: what is lost is lost."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping

import httpx

QUESTIONS = ("What is 2+3?", "Name three primary colors.", "What is the capital of France? Answer in one sentence.")
_SECONDS = 300.0


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One request."""

    client: int
    started: float
    """Unix time."""
    seconds: float
    tokens: int
    finish_reason: str
    """What the model gave as the reason of its end; empty where the stream did not come to one."""
    error: str

    @property
    def lost(self) -> bool:
        """Say whether the client got less than a whole answer."""
        return bool(self.error) or not self.finish_reason


class Load:
    """Some clients, each with one connection, or a new one for each request.

    They ask without a pause, or wait so many seconds after each answer.
    """

    def __init__(self, environment: Mapping[str, str], clients: int, tokens: int = 48, pause: float = 0.0) -> None:
        self.outcomes: list[Outcome] = []
        self._url = f"{environment['OPENAI_BASE_URL']}/chat/completions"
        self._headers = {"authorization": f"Bearer {environment['OPENAI_API_KEY']}"}
        self._authorities = environment["SSL_CERT_FILE"]
        self._tokens = tokens
        self._pause = pause
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask_on, args=(number,)) for number in range(clients)]

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let the clients ask while the block runs, and wait for their last answers."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in self._threads:
                thread.join()

    @property
    def lost(self) -> list[Outcome]:
        """Requests that did not end with a whole answer."""
        return [outcome for outcome in self.outcomes if outcome.lost]

    def _ask_on(self, number: int) -> None:
        """Ask until told to stop. Clients with an even number keep their connection, the others make a new one."""
        asked = 0
        # Each has its own: httpcore sets ALPN on it for every connection, and threads that do so at once break it.
        trust = ssl.create_default_context(cafile=self._authorities)
        while not self._stop.is_set():
            with httpx.Client(verify=trust, timeout=_SECONDS, trust_env=False) as client:
                while not self._stop.is_set():
                    self.outcomes.append(self._ask(client, number, QUESTIONS[asked % len(QUESTIONS)]))
                    asked += 1
                    self._stop.wait(self._pause)
                    if number % 2:
                        break

    def _ask(self, client: httpx.Client, number: int, question: str) -> Outcome:
        started, clock = time.time(), time.monotonic()
        tokens, reason, error = 0, "", ""
        body = {
            "model": "smollm2",
            "messages": [{"role": "user", "content": question}],
            "max_tokens": self._tokens,
            "temperature": 0,
            "stream": True,
        }
        try:
            with client.stream("POST", self._url, headers=self._headers, json=body) as response:
                if response.status_code != httpx.codes.OK:
                    error = f"{response.status_code} {response.read().decode(errors='replace')[:300]}"
                for line in response.iter_lines() if not error else ():
                    if not line.startswith("data: ") or line == "data: [DONE]":
                        continue
                    event = json.loads(line.removeprefix("data: "))
                    error = error or str(event.get("error", ""))
                    for choice in event.get("choices", ()):
                        tokens += bool(choice["delta"].get("content"))
                        reason = choice["finish_reason"] or reason
        except httpx.HTTPError as failure:
            error = f"{type(failure).__name__}: {failure}"
        return Outcome(number, started, time.monotonic() - clock, tokens, reason, error)
