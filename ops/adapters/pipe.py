"""Run one program between two open files: bytes in, bytes out, and its messages line by line while it runs."""

from __future__ import annotations

import collections
import dataclasses
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from ops.adapters import process

_GRACE_SECONDS = 5.0
"""Seconds that what a program still says is waited for after its end."""
_TAIL_LINES = 20

Listener = Callable[[str], None]
"""Takes one line that the program wrote to its standard error."""


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a program ended, and the last lines of its standard error."""

    argv: tuple[str, ...]
    returncode: int
    tail: tuple[str, ...]


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    listen: Listener | None = None,
) -> Ended:
    """Run a program to its end; any exit code is returned. `stdin` and `stdout` are open files or pipes, or nothing.

    `timeout` is in seconds. Raise TimeoutExpiredError when it runs out (after SIGTERM, then SIGKILL, to the whole
    process group), PrerequisiteError when there is no such program.
    """
    command = tuple(str(word) for word in argv)
    child = _start(command, stdin, stdout)
    tail: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)
    reader = threading.Thread(target=_read, args=(child, tail, listen), daemon=True)
    reader.start()
    try:
        child.wait(timeout)
    except subprocess.TimeoutExpired as error:
        process.end_group(child)
        raise process.timed_out(command, timeout) from error
    except BaseException:
        process.end_group(child)
        raise
    finally:
        reader.join(_GRACE_SECONDS)
    return Ended(command, child.returncode, tuple(tail))


def _start(command: tuple[str, ...], stdin: IO[bytes] | None, stdout: IO[bytes] | None) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=subprocess.DEVNULL if stdout is None else stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise process.missing(command) from error


def _read(child: subprocess.Popen[bytes], tail: collections.deque[str], listen: Listener | None) -> None:
    """Hand on each line of standard error until it is closed."""
    if child.stderr is None:
        return
    with child.stderr as stream:
        for data in stream:
            line = data.decode("utf-8", errors="replace").rstrip("\n")
            tail.append(line)
            if listen is not None:
                listen(line)
