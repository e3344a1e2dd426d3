"""Outputs in the shape of vLLM's RequestOutput (0.26): deltas of text and tokens, a finish reason with the last."""

from __future__ import annotations

import dataclasses
import queue
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from ops.services.llm_backend import vllm_outputs
from ops.services.llm_backend.errors import CancelledError
from ops.services.llm_backend.listener import Outcome


@dataclasses.dataclass(frozen=True)
class Answer:
    """vLLM's CompletionOutput, as far as it is read."""

    text: str
    token_ids: Sequence[int]
    finish_reason: str | None = None


@dataclasses.dataclass(frozen=True)
class Output:
    """vLLM's RequestOutput, as far as it is read."""

    prompt_token_ids: Sequence[int]
    outputs: Sequence[Answer]


class Ear:
    """A listener that remembers, and goes away when told."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.gone = threading.Event()

    def progress(self, prompt_tokens: int, generated_tokens: int) -> None:
        self.heard.append((prompt_tokens, generated_tokens))

    def text(self, piece: str) -> None:
        self.heard.append(piece)

    def cancelled(self) -> bool:
        return self.gone.is_set()


class Slow(queue.SimpleQueue[Any]):
    """A queue in which one item is there at a time."""

    def __init__(self, items: Sequence[object]) -> None:
        self._items = list(items)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        return self._items.pop(0)

    def get_nowait(self) -> Any:
        raise queue.Empty


def filled(*items: object) -> queue.SimpleQueue[Any]:
    outputs: queue.SimpleQueue[Any] = queue.SimpleQueue()
    for item in items:
        outputs.put(item)
    return outputs


PARIS = (
    Output([1, 2, 3], [Answer("Pa", [7])]),
    # half a character has no text yet
    Output([1, 2, 3], [Answer("", [8])]),
    Output([1, 2, 3], [Answer("ris", [9, 10], "stop")]),
)


def test_pieces_and_counts_are_told_as_they_come_and_the_end_returned() -> None:
    ear = Ear()
    outputs = Slow([*PARIS, None])
    assert vllm_outputs.tell(outputs, ear) == Outcome("stop", 3, 4)
    assert ear.heard == [(3, 1), "Pa", (3, 2), (3, 4), "ris"]


def test_what_has_come_in_the_meantime_is_one_piece() -> None:
    ear = Ear()
    assert vllm_outputs.tell(filled(*PARIS, None), ear) == Outcome("stop", 3, 4)
    assert ear.heard == [(3, 4), "Paris"]


def test_no_output_at_all_has_no_finish_reason() -> None:
    assert vllm_outputs.tell(filled(None), Ear()).finish_reason == ""


def test_a_client_that_leaves_is_noticed_while_nothing_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_outputs, "LOOK_SECONDS", 0.01)
    ear = Ear()
    ear.gone.set()
    with pytest.raises(CancelledError):
        vllm_outputs.tell(filled(), ear)


def test_a_client_that_leaves_is_noticed_while_tokens_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm_outputs, "LOOK_SECONDS", 0.0)
    ear = Ear()
    ear.gone.set()
    with pytest.raises(CancelledError):
        vllm_outputs.tell(filled(Output([1], [Answer("a", [2])])), ear)
    assert ear.heard == [(1, 1), "a"]
