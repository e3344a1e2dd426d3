"""What restic says: the bytes of one of its streams in, messages and lines of text out. Pure.

A line is a message only when the whole line is one JSON object with a `message_type`. Nothing is dug out of a
damaged or mixed line: a file name could look like a message, and a lost message must end as a failure.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import re
from collections.abc import Iterable, Mapping

LINE_LIMIT = 2**20
"""Bytes of one line that are looked at; the rest of a longer line is dropped."""

KEPT_LINES = 40
"""Lines that a transcript keeps of each kind: the first errors, the last texts."""

KEPT_CHARACTERS = 2_000
"""Characters of one kept line."""

_FULL = re.compile(r"returned error, retrying after .*(?:\b507\b|Insufficient Storage|no space left on device)")
"""What restic 0.18 says each time that it tries again to store something; it does so for 15 minutes."""

_LOGIN = re.compile(r"(://)[^/\s\"']*@")


@dataclasses.dataclass(frozen=True)
class Message:
    """One JSON message; `kind` is its `message_type`."""

    kind: str
    fields: Mapping[str, object]


class Splitter:
    """Cut a stream of bytes into lines, holding at most LINE_LIMIT bytes back."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """Given the next bytes, return the lines that they complete, without line ends."""
        *complete, rest = data.split(b"\n")
        lines = []
        for piece in complete:
            self._hold(piece)
            lines.append(self._take())
        self._hold(rest)
        return lines

    def finish(self) -> list[str]:
        """Return the last line of a stream that ended without a line end, if there is one."""
        return [self._take()] if self._held else []

    def _hold(self, piece: bytes) -> None:
        self._held += piece[: LINE_LIMIT - len(self._held)]

    def _take(self) -> str:
        line = self._held.decode("utf-8", errors="replace").rstrip("\r")
        self._held.clear()
        return line


def parse(line: str) -> Message | str:
    """Given one line, return the message it is, or the line itself with logins masked when it is none."""
    if line.startswith("{"):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            return redact(line)
        kind = fields.get("message_type") if isinstance(fields, dict) else None
        if isinstance(kind, str):
            return Message(kind, fields)
    return redact(line)


def redact(text: str) -> str:
    """Return the text with `user:password@` of every URL in it masked."""
    return _LOGIN.sub(r"\1***@", text)


def tells_full(text: str) -> bool:
    """Say whether a line of text tells that there was no space and that restic tries again."""
    return _FULL.search(text) is not None


class Transcript:
    """What is worth keeping of one run, in bounded memory whatever restic prints."""

    def __init__(self) -> None:
        self.summary: Mapping[str, object] | None = None
        self.exit_message: str | None = None
        self.errors: list[str] = []
        self.error_count = 0
        self._texts: collections.deque[str] = collections.deque(maxlen=KEPT_LINES)

    @property
    def texts(self) -> tuple[str, ...]:
        """The last lines that were no messages, oldest first."""
        return tuple(self._texts)

    def add(self, items: Iterable[Message | str], *, trusted: bool) -> None:
        """Keep what counts. A summary is believed only on stdout (`trusted`), where restic writes its results."""
        for item in items:
            if isinstance(item, str):
                self._texts.append(item[:KEPT_CHARACTERS])
            elif item.kind == "error":
                self._add_error(item)
            elif item.kind == "exit_error":
                self.exit_message = redact(str(item.fields.get("message", "")))[:KEPT_CHARACTERS]
            elif item.kind == "summary" and trusted:
                self.summary = item.fields

    def _add_error(self, message: Message) -> None:
        self.error_count += 1
        if len(self.errors) < KEPT_LINES:
            self.errors.append(redact(_error_text(message.fields))[:KEPT_CHARACTERS])


def _error_text(fields: Mapping[str, object]) -> str:
    """Return the text of an `error` message: `check` puts it at the top, `backup` and `restore` one level down."""
    inner = fields.get("error")
    text = inner.get("message") if isinstance(inner, dict) else fields.get("message")
    item = fields.get("item")
    return f"{item}: {text}" if item else str(text)
