"""Run restic and read what it says while it says it; end it so that it can take its lock away."""

from __future__ import annotations

import dataclasses
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO

from ops import errors
from ops.adapters import restic_lines

GRACE_SECONDS = 30.0
"""Seconds between SIGTERM and SIGKILL: restic removes its lock from the repository on SIGTERM, over the network."""

DOCUMENT_LIMIT = 2**26
"""Bytes of the one JSON document that `snapshots`, `forget`, `key list` and `cat` print."""

FULL_ANSWERS = 3
"""After so many answers that there is no space restic is ended: it would go on asking for 15 minutes."""

_CHUNK = 2**16
_DRAIN_SECONDS = 2.0
"""Seconds that a child of restic may hold the pipes open after restic itself has ended."""

Listener = Callable[[restic_lines.Message], None]


@dataclasses.dataclass(frozen=True)
class Command:
    """A restic command line without secrets, its whole environment, and the descriptors it inherits."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]
    descriptors: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Outcome:
    """How one run of restic ended. `returncode` is negative when a signal ended it."""

    argv: tuple[str, ...]
    returncode: int
    summary: Mapping[str, object] | None
    exit_message: str | None
    errors: tuple[str, ...]
    error_count: int
    texts: tuple[str, ...]
    document: str
    timed_out: bool


def run(command: Command, *, timeout: float, listen: Listener | None = None, document: bool = False) -> Outcome:
    """Run restic to its end and return what it said; never raise on an exit code, the caller judges that.

    `timeout` is in seconds; when it runs out restic gets SIGTERM, then GRACE_SECONDS later SIGKILL, and the outcome
    says `timed_out`. It is ended so too when it was told FULL_ANSWERS times that there is no space.
    `listen` gets every message of stdout in the calling thread; whatever it raises, and Ctrl-C, ends restic the same
    way before it goes on. `document` keeps stdout as one text instead of reading it as messages.
    Raise PrerequisiteError when there is no such program, IntegrityError when a document exceeds DOCUMENT_LIMIT.
    """
    process = _start(command)
    reader = _Reader(process, listen, document=document)
    with reader:
        try:
            stopped = not reader.read(time.monotonic() + timeout)
        except BaseException:
            reader.mute()
            _end(process, reader)
            raise
        timed_out = stopped and not reader.full
        if stopped:
            _end(process, reader)
        process.wait()
    transcript = reader.transcript
    return Outcome(
        argv=command.argv,
        returncode=process.returncode,
        summary=transcript.summary,
        exit_message=transcript.exit_message,
        errors=tuple(transcript.errors),
        error_count=transcript.error_count,
        texts=transcript.texts,
        document=reader.document,
        timed_out=timed_out,
    )


def _start(command: Command) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(command.environment),
            pass_fds=command.descriptors,
            start_new_session=True,
        )
    except OSError as error:
        raise errors.PrerequisiteError(
            f"cannot start {command.argv[0]}: {error.strerror}",
            where=" ".join(command.argv),
            mend="install restic 0.18 or newer (Debian 13 has it)",
        ) from error


def _end(process: subprocess.Popen[bytes], reader: _Reader) -> None:
    """Ask restic and its children to end, wait while reading on, kill what is left, and reap it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        if reader.read(time.monotonic() + GRACE_SECONDS, ending=True):
            break
    process.wait()


@dataclasses.dataclass(frozen=True)
class _Stream:
    """One of the two pipes; `result` marks stdout, where restic writes its results."""

    pipe: IO[bytes]
    result: bool
    splitter: restic_lines.Splitter = dataclasses.field(default_factory=restic_lines.Splitter)


class _Reader:
    """Reads both streams of a process in one thread, so that neither pipe fills up while the other is read."""

    def __init__(self, process: subprocess.Popen[bytes], listen: Listener | None, *, document: bool) -> None:
        self.transcript = restic_lines.Transcript()
        self._full_answers = 0
        self._process = process
        self._listen = listen
        self._document = bytearray() if document else None
        self._streams = [
            _Stream(pipe, result=pipe is process.stdout) for pipe in (process.stdout, process.stderr) if pipe
        ]
        self._ended = os.pidfd_open(process.pid)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._ended, selectors.EVENT_READ)
        for stream in self._streams:
            self._selector.register(stream.pipe, selectors.EVENT_READ, stream)

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._selector.close()
        os.close(self._ended)
        for stream in self._streams:
            stream.pipe.close()

    @property
    def document(self) -> str:
        """Standard output as one text; empty when the run was read as messages."""
        return (self._document or b"").decode("utf-8", errors="replace")

    @property
    def full(self) -> bool:
        """Whether restic was told often enough that there is no space."""
        return self._full_answers >= FULL_ANSWERS

    def mute(self) -> None:
        """Read on without keeping a document or telling the listener: one of them has failed."""
        self._listen = None
        self._document = None

    def read(self, deadline: float, *, ending: bool = False) -> bool:
        """Read until the process has ended and its pipes are empty; return False when the deadline came first.

        Return False too once there is no space, unless the process is `ending` already.
        """
        while self._selector.get_map():
            remaining = deadline - time.monotonic()
            if remaining <= 0 or (self.full and not ending):
                return self._process.poll() is not None
            for key, _ in self._selector.select(remaining):
                if key.data is None:
                    self._selector.unregister(self._ended)
                    deadline = min(deadline, time.monotonic() + _DRAIN_SECONDS)
                else:
                    self._receive(key.data)
        return True

    def _receive(self, stream: _Stream) -> None:
        """Take in the next bytes of a stream, or its end."""
        data = os.read(stream.pipe.fileno(), _CHUNK)
        if not data:
            self._selector.unregister(stream.pipe)
        if stream.result and self._document is not None:
            self._keep(self._document, data)
            return
        items = list(_parsed(stream.splitter.feed(data) if data else stream.splitter.finish()))
        self.transcript.add(items, trusted=stream.result)
        self._full_answers += sum(isinstance(item, str) and restic_lines.tells_full(item) for item in items)
        if stream.result and self._listen is not None:
            for item in items:
                if isinstance(item, restic_lines.Message):
                    self._listen(item)

    def _keep(self, document: bytearray, data: bytes) -> None:
        if len(document) + len(data) > DOCUMENT_LIMIT:
            raise errors.IntegrityError(
                f"restic printed a document of more than {DOCUMENT_LIMIT} bytes",
                where=str(self._process.args),
                mend="look at what the repository holds; ask for fewer snapshots",
            )
        document += data


def _parsed(lines: list[str]) -> Iterator[restic_lines.Message | str]:
    for line in lines:
        if line:
            yield restic_lines.parse(line)
