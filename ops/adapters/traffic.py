"""Clients that ask the gateway one short question after another, and note what came of each. They never ask again."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import itertools
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

_PAUSE_SECONDS = 0.3
"""Between an answer and the next question, so that the clients do not take the processor that they measure."""
_ANSWER_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Request:
    """One question: when it was asked and answered, by the monotonic clock, and why there was no answer."""

    asked: float
    ended: float
    failure: str | None


@dataclasses.dataclass(frozen=True)
class Count:
    """What came of the questions of a stretch of time."""

    served: int
    failed: Mapping[str, int]
    longest_silence: float
    """Seconds between two answers, at most."""

    @property
    def sent(self) -> int:
        """All questions."""
        return self.served + sum(self.failed.values())


class Traffic:
    """What has come of the questions so far."""

    def __init__(self) -> None:
        self._requests: list[Request] = []
        self.ended = threading.Event()

    def add(self, request: Request) -> None:
        """Note a question that has ended."""
        self._requests.append(request)

    def served(self) -> int:
        """Return how many questions have been answered."""
        return sum(1 for request in tuple(self._requests) if request.failure is None)

    def count(self, start: float, end: float) -> Count:
        """Count the questions asked between two moments of the monotonic clock; silences are cut at both."""
        asked = [request for request in tuple(self._requests) if start <= request.asked <= end]
        failed = collections.Counter(request.failure for request in asked if request.failure is not None)
        answers = sorted(min(request.ended, end) for request in asked if request.failure is None)
        moments = [start, *answers, end]
        silence = max(late - early for early, late in itertools.pairwise(moments))
        return Count(len(answers), dict(failed), silence)


@contextlib.contextmanager
def running(url: str, trust: Path, key: str, body: Mapping[str, object], *, clients: int) -> Iterator[Traffic]:
    """Ask the gateway the question of a chat completion's body, over and over, while the block runs."""
    traffic = Traffic()
    context = ssl.create_default_context(cafile=str(trust))
    threads = [
        threading.Thread(target=_ask, args=(url, context, key, body, traffic), daemon=True) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        traffic.ended.set()
        for thread in threads:
            thread.join(_ANSWER_SECONDS)


def _ask(url: str, context: ssl.SSLContext, key: str, body: Mapping[str, object], traffic: Traffic) -> None:
    """Ask until the end; each question has its own connection, as a client's that has just come."""
    while not traffic.ended.is_set():
        asked = time.monotonic()
        failure = None
        try:
            with httpx.Client(verify=context, timeout=_ANSWER_SECONDS, trust_env=False) as client:
                response = client.post(
                    f"{url}/chat/completions", headers={"authorization": f"Bearer {key}"}, json=dict(body)
                )
            if response.status_code != httpx.codes.OK:
                failure = f"status {response.status_code}"
            elif not response.json()["choices"][0]["finish_reason"]:
                failure = "half an answer"
        except (httpx.HTTPError, ValueError, KeyError, IndexError) as error:
            failure = type(error).__name__
        traffic.add(Request(asked, time.monotonic(), failure))
        traffic.ended.wait(_PAUSE_SECONDS)
