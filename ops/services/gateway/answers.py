"""The JSON objects of answers: what all of them have around their choices."""

from __future__ import annotations

from . import sse
from .generation import End, Format, Generation


def whole(generation: Generation, form: Format, text: str, end: End) -> dict[str, object]:
    """Return an answer in one piece."""
    return {**_head(generation, form.WHOLE), "choices": form.whole(text, end.finish_reason), "usage": end.usage()}


def opening(generation: Generation, form: Format) -> bytes:
    """Return the events that come before the first text of a stream; empty when there are none."""
    choices = form.opening()
    return _event(generation, form, choices) if choices else b""


def piece(generation: Generation, form: Format, text: str) -> bytes:
    """Return the event of one piece of text."""
    return _event(generation, form, form.piece(text))


def ending(generation: Generation, form: Format, end: End) -> bytes:
    """Return the events that end a complete stream."""
    events = _event(generation, form, form.last(end.finish_reason))
    if generation.include_usage:
        events += sse.encode({**_head(generation, form.CHUNK), "choices": [], "usage": end.usage()})
    return events + sse.DONE


def _event(generation: Generation, form: Format, choices: list[dict[str, object]]) -> bytes:
    chunk = {**_head(generation, form.CHUNK), "choices": choices}
    if generation.include_usage:
        chunk["usage"] = None
    return sse.encode(chunk)


def _head(generation: Generation, kind: str) -> dict[str, object]:
    return {"id": generation.id, "object": kind, "created": generation.created, "model": generation.model.name}
