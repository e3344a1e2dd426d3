from __future__ import annotations

from collections.abc import Callable

from ops.services.llm_backend.errors import CancelledError, Code, GenerationError
from ops.services.llm_backend.generation import Generation
from ops.services.llm_backend.listener import Listener, Outcome
from ops.services.llm_backend.request import Request

_OUTCOME = Outcome("stop", 3, 2)


class _Engine:
    """Computes what a test says."""

    def __init__(self, compute: Callable[[Listener], Outcome]) -> None:
        self._compute = compute
        self.asked = 0

    def generate(self, _: Request, listener: Listener) -> Outcome:
        self.asked += 1
        return self._compute(listener)


class _Reply:
    """Writes down what is sent, and counts the ends."""

    def __init__(self, *, gone: bool = False) -> None:
        self.sent: list[object] = []
        self.ends = 0
        self.gone = gone

    def piece(self, text: str) -> None:
        assert self.ends == 0, "a piece after the end"
        self.sent.append(text)

    def last(self, text: str, outcome: Outcome) -> None:
        self.sent += [text, outcome]
        self.ends += 1

    def fault(self, fault: GenerationError) -> None:
        self.sent.append(fault.code)
        self.ends += 1

    def drop(self) -> None:
        self.ends += 1

    def cancelled(self) -> bool:
        assert self.ends == 0, "Triton has freed what this would look at"
        return self.gone


class _Meters:
    """Adds up what is reported."""

    def __init__(self) -> None:
        self.first = 0
        self.prompt = 0
        self.generated = 0

    def line(self, waiting: int, running: int) -> None:
        raise AssertionError

    def progress(self, prompt_tokens: int, generated_tokens: int) -> None:
        self.prompt += prompt_tokens
        self.generated += generated_tokens

    def first_token(self, seconds: float) -> None:
        assert seconds >= 0
        self.first += 1


def _two_words(listener: Listener) -> Outcome:
    listener.progress(2, 0)
    listener.progress(3, 0)
    listener.text("Hello")
    listener.progress(3, 1)
    listener.text(" world")
    listener.progress(3, 2)
    return _OUTCOME


def _fail(_: Listener) -> Outcome:
    raise GenerationError(Code.CONTEXT_LENGTH_EXCEEDED, "too long")


def _stop(_: Listener) -> Outcome:
    raise CancelledError


def _run(
    compute: Callable[[Listener], Outcome], *, stream: bool, gone: bool = False
) -> tuple[_Reply, _Meters, _Engine]:
    reply, meters, engine = _Reply(gone=gone), _Meters(), _Engine(compute)
    Generation(engine, Request(False, stream, {}), reply, meters).run()
    return reply, meters, engine


def test_a_stream_gets_each_piece_and_signs_of_life_before_the_first() -> None:
    reply, meters, _ = _run(_two_words, stream=True)
    assert reply.sent == ["", "", "Hello", " world", "", _OUTCOME]
    assert reply.ends == 1
    assert (meters.prompt, meters.generated, meters.first) == (3, 2, 1)


def test_a_whole_answer_is_exactly_one_response() -> None:
    reply, meters, _ = _run(_two_words, stream=False)
    assert reply.sent == ["Hello world", _OUTCOME]
    assert reply.ends == 1
    assert (meters.prompt, meters.generated, meters.first) == (3, 2, 1)


def test_a_refusal_of_the_engine_ends_the_answer() -> None:
    reply, meters, _ = _run(_fail, stream=True)
    assert (reply.sent, reply.ends) == ([Code.CONTEXT_LENGTH_EXCEEDED], 1)
    assert meters.first == 0


def test_a_cancelled_answer_ends_without_a_word() -> None:
    reply, _, _ = _run(_stop, stream=True)
    assert (reply.sent, reply.ends) == ([], 1)


def test_nothing_is_computed_for_a_client_that_has_left() -> None:
    reply, _, engine = _run(_two_words, stream=True, gone=True)
    assert (reply.sent, reply.ends, engine.asked) == ([], 1, 0)


def test_a_waiting_stream_gets_signs_of_life_and_a_waiting_whole_answer_none() -> None:
    for stream, expected in ((True, [""]), (False, [])):
        reply = _Reply()
        Generation(_Engine(_two_words), Request(False, stream, {}), reply, _Meters()).beat()
        assert reply.sent == expected
