"""Run one program between two open files: bytes in, bytes out, and its messages line by line while it runs."""

from __future__ import annotations

import collections
import dataclasses
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from ops import errors

_GRACE_SECONDS = 5.0
"""Seconds between SIGTERM and SIGKILL for a program that ran out of time."""
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
    process = _start(command, stdin, stdout)
    tail: collections.deque[str] = collections.deque(maxlen=_TAIL_LINES)
    reader = threading.Thread(target=_read, args=(process, tail, listen), daemon=True)
    reader.start()
    try:
        process.wait(timeout)
    except subprocess.TimeoutExpired as error:
        _end_group(process)
        raise errors.TimeoutExpiredError(
            f"{command[0]} did not end within {timeout:g} s and was stopped",
            where=" ".join(command),
            mend="look for what it waits on, then run the same command again",
        ) from error
    except BaseException:
        _end_group(process)
        raise
    finally:
        reader.join(_GRACE_SECONDS)
    return Ended(command, process.returncode, tuple(tail))


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
        raise errors.PrerequisiteError(
            f"no program {command[0]} to run", where=" ".join(command), mend=f"install {command[0]}"
        ) from error


def _read(process: subprocess.Popen[bytes], tail: collections.deque[str], listen: Listener | None) -> None:
    """Hand on each line of standard error until it is closed."""
    if process.stderr is None:
        return
    with process.stderr as stream:
        for data in stream:
            line = data.decode("utf-8", errors="replace").rstrip("\n")
            tail.append(line)
            if listen is not None:
                listen(line)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and the children in its process group, and reap it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()
