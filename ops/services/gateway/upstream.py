"""Ask a model's Triton for an answer, piece by piece, over /v2/models/M/generate_stream."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.parse
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from . import connection, sse
from .config import Model
from .errors import ApiError, InvalidRequestError, OtherAnswerError, RateLimitError, TooLateError, UnavailableError
from .generation import Again, End
from .meters import Meters

_PAUSES = (0.025, 0.1, 0.25, 0.5, 1.0)
"""Parts of the longest pause, one before each further try: another replica, or a dead one left out by the cluster."""


class Upstream:
    """The Triton behind one model."""

    def __init__(self, model: Model, silence_seconds: float, longest_pause_seconds: float, meters: Meters) -> None:
        """`silence_seconds` without a sign of life are the end of a request; pauses before further tries grow."""
        self._model = model
        self._silence_seconds = silence_seconds
        self._pauses = tuple(part * longest_pause_seconds for part in _PAUSES)
        self._meters = meters
        url = urllib.parse.urlsplit(model.url)
        path = f"/v2/models/{model.name}/generate_stream"
        self._target = connection.Target(url.hostname or "", url.port or 80, path)

    async def generate(
        self, payload: Mapping[str, object], *, whole: bool = False
    ) -> AsyncGenerator[str | End | Again, None]:
        """Yield the pieces of the answer, none of them empty, and at last its End.

        A server that fails is asked again, and so is another one in its place. After text was yielded the new answer
        must begin with that same text, and only what follows is yielded: greedy and seeded answers do so, others end
        with the failure. A caller who wants the `whole` and has passed nothing on gets an Again, and any other answer.
        Closing the iterator closes the connection, which cancels the request there.
        Raise UnavailableError or TooLateError when the server fails, RateLimitError when its queue is full, and
        InvalidRequestError when it refuses the request.
        """
        sent = ""
        for pause in (*self._pauses, None):
            try:
                async with contextlib.aclosing(self._after(sent, payload)) as events:
                    async for event in events:
                        sent += event if isinstance(event, str) else ""
                        yield event
                return
            except (UnavailableError, TooLateError, RateLimitError) as error:
                # a full queue is an answer, unless half of one has been given already
                if not sent and isinstance(error, RateLimitError):
                    raise
                self._meters.upstream_errors.labels(self._model.name, error.code).inc()
                if pause is None or isinstance(error, (TooLateError, OtherAnswerError)):
                    raise
            if sent and whole:
                sent = ""
                yield Again()
            await asyncio.sleep(pause)

    async def _after(self, sent: str, payload: Mapping[str, object]) -> AsyncGenerator[str | End, None]:
        """Yield what comes after a text. Raise OtherAnswerError when the answer does not begin with it."""
        ahead = sent
        async with contextlib.aclosing(self._try(payload)) as events:
            async for event in events:
                piece = event if isinstance(event, str) else ""
                common = min(len(ahead), len(piece))
                if piece[:common] != ahead[:common] or (ahead and not piece):
                    raise OtherAnswerError(f"The model '{self._model.name}' broke off its answer.")
                ahead, rest = ahead[common:], piece[common:]
                if rest or not piece:
                    yield rest or event

    async def _try(self, payload: Mapping[str, object]) -> AsyncGenerator[str | End, None]:
        """Do what `generate` says, once."""
        body = json.dumps({"request": json.dumps(payload)}).encode()
        event: str | End = ""
        try:
            async with contextlib.aclosing(connection.post(self._target, body, self._silence_seconds)) as blocks:
                async for data in sse.decode(blocks):
                    event = self._read(data)
                    if event:
                        yield event
        except connection.UnreachableError as error:
            raise self._unavailable("cannot be reached") from error
        except connection.BrokenOffError as error:
            raise self._unavailable("broke off its answer") from error
        except TimeoutError as error:
            raise TooLateError(f"The model '{self._model.name}' gave no sign of life in time.") from error
        if not isinstance(event, End):
            raise self._unavailable("gave no whole answer")

    def _read(self, data: bytes) -> str | End:
        """Given the data of one event, return the text or the end that it holds."""
        try:
            event = json.loads(data)
            if "error" in event:
                raise self._error(str(event["error"]))
            if "finish_reason" in event:
                return End(event["finish_reason"], event["num_input_tokens"], event["num_output_tokens"])
            return str(event["text_output"])
        except (ValueError, KeyError, TypeError) as error:
            raise self._unavailable("sent something that is no answer") from error

    def _error(self, text: str) -> ApiError:
        """Given `code: message` of our backend or any text of Triton itself, return the error for the client."""
        code, _, message = text.partition(": ")
        if code == "overloaded":
            return RateLimitError(f"The queue of the model '{self._model.name}' is full.", code="model_overloaded")
        if code == "context_length_exceeded":
            return InvalidRequestError(f"This is more than the model's context can hold: {message}.", code=code)
        if code == "invalid_request":
            return InvalidRequestError(message)
        return self._unavailable("is not working")

    def _unavailable(self, what: str) -> UnavailableError:
        return UnavailableError(f"The model '{self._model.name}' {what}.")


def one_token() -> Mapping[str, Any]:
    """Return the smallest request that proves that an engine works."""
    return {"prompt": "1", "max_tokens": 1, "temperature": 0, "stream": True}
