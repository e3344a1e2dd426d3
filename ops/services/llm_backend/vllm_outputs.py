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

    Raise CancelledError when the listener ended it.
    """
    prompt_tokens = generated_tokens = 0
    reason = ""
    look = time.monotonic() + LOOK_SECONDS
    while True:
        try:
            output = outputs.get(timeout=LOOK_SECONDS)
        except queue.Empty:
            look = 0.0
        else:
            if output is None:
                return Outcome(reason, prompt_tokens, generated_tokens)
            (answer,) = output.outputs
            prompt_tokens = len(output.prompt_token_ids)
            generated_tokens += len(answer.token_ids)
            listener.progress(prompt_tokens, generated_tokens)
            if answer.text:
                listener.text(answer.text)
            reason = answer.finish_reason or reason
        if time.monotonic() >= look:
            if listener.cancelled():
                raise CancelledError
            look = time.monotonic() + LOOK_SECONDS
