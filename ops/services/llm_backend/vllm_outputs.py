"""What vLLM puts out for one request, told to whoever waits for the answer."""

from __future__ import annotations

import queue
import time
from typing import Any

from .errors import CancelledError
from .listener import Listener, Outcome

LOOK_SECONDS = 0.5
"""Between two looks whether anybody still waits for an answer; each is a question to Triton."""


def tell(outputs: queue.SimpleQueue[Any], listener: Listener) -> Outcome:
    """Tell the listener of every output until there are no more, and return how it ended.

    What has come in the meantime is told as one piece, so that a server with much to do sends longer pieces, not more.
    Raise CancelledError when the listener ended it.
    """
    prompt_tokens = generated_tokens = 0
    reason = ""
    look = time.monotonic() + LOOK_SECONDS
    ended = False
    while not ended:
        ready, ended = _ready(outputs)
        for output in ready:
            (answer,) = output.outputs
            prompt_tokens = len(output.prompt_token_ids)
            generated_tokens += len(answer.token_ids)
            reason = answer.finish_reason or reason
        if ready:
            listener.progress(prompt_tokens, generated_tokens)
            if text := "".join(output.outputs[0].text for output in ready):
                listener.text(text)
        if not ended and (not ready or time.monotonic() >= look):
            if listener.cancelled():
                raise CancelledError
            look = time.monotonic() + LOOK_SECONDS
    return Outcome(reason, prompt_tokens, generated_tokens)


def _ready(outputs: queue.SimpleQueue[Any]) -> tuple[list[Any], bool]:
    """Return what is there, after a while without anything nothing; and whether it was the last."""
    ready: list[Any] = []
    try:
        output = outputs.get(timeout=LOOK_SECONDS)
        while output is not None:
            ready.append(output)
            output = outputs.get_nowait()
    except queue.Empty:
        return ready, False
    return ready, True
