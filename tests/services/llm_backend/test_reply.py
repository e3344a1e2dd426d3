from __future__ import annotations

import threading

import pytest

from ops.services.llm_backend.errors import Code, GenerationError
from ops.services.llm_backend.listener import Outcome
from ops.services.llm_backend.reply import Guarded

FAULT = GenerationError(Code.STOPPING, "the model is being unloaded")


class Sender:
    """Triton's side: it dies of anything that comes after the end."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.ended = False
        self.busy = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def piece(self, text: str) -> None:
        assert not self.ended
        self.said.append(text)

    def last(self, text: str, outcome: Outcome) -> None:
        assert not self.ended
        self.ended = True
        self.said.append(f"{text} {outcome.finish_reason}")

    def fault(self, fault: GenerationError) -> None:
        assert not self.ended
        self.ended = True
        self.said.append(str(fault))

    def drop(self) -> None:
        assert not self.ended
        self.ended = True
        self.said.append("dropped")

    def cancelled(self) -> bool:
        assert not self.ended
        self.busy.set()
        self.go.wait(10)
        assert not self.ended
        return True


@pytest.mark.parametrize("end", ["last", "fault", "drop"])
def test_nothing_reaches_triton_after_the_end(end: str) -> None:
    sender = Sender()
    reply = Guarded(sender)
    reply.piece("a")
    assert reply.cancelled()
    {"last": lambda: reply.last("b", Outcome("stop", 1, 1)), "fault": lambda: reply.fault(FAULT), "drop": reply.drop}[
        end
    ]()
    said = list(sender.said)
    reply.piece("late")
    reply.fault(FAULT)
    reply.drop()
    assert not reply.cancelled()
    assert sender.said == said


def test_the_end_waits_for_a_question_that_is_on_its_way() -> None:
    sender = Sender()
    sender.go.clear()
    reply = Guarded(sender)
    asking = threading.Thread(target=reply.cancelled)
    asking.start()
    assert sender.busy.wait(10)
    ending = threading.Thread(target=reply.drop)
    ending.start()
    assert not sender.ended
    sender.go.set()
    asking.join(10)
    ending.join(10)
    assert sender.said == ["dropped"]
