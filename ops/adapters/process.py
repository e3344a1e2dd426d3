"""Run one program: argv list, time limit, expected exit codes; secrets travel by file or descriptor."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ops import errors

_TAIL = 2_000
"""Characters of a failed program's output that an error repeats."""

_GRACE_SECONDS = 5.0
"""Seconds between SIGTERM and SIGKILL for a program that ran out of time."""


@dataclasses.dataclass(frozen=True)
class Completed:
    """What a program that ended left behind; output is UTF-8 text with bad bytes replaced."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str


class ProcessError(errors.DeployError):
    """A program ended with an exit code that its caller did not expect."""

    code = "E-PROCESS"

    def __init__(self, completed: Completed, expect: Sequence[int]) -> None:
        tail = (completed.stderr.strip() or completed.stdout.strip())[-_TAIL:]
        expected = ", ".join(str(number) for number in expect)
        super().__init__(
            f"{completed.argv[0]} ended with {completed.returncode} (expected {expected}): {tail}",
            where=" ".join(completed.argv),
            mend="read the program's own message above, put it right and run the same command again",
        )
        self.completed = completed


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    expect: Sequence[int] = (0,),
    environment: Mapping[str, str] | None = None,
    stdin: str | None = None,
    directory: Path | None = None,
) -> Completed:
    """Given an argv list, run it and return its exit code and output.

    `timeout` is in seconds. `environment` replaces the whole environment when given.
    Raise ProcessError on an exit code outside `expect`, TimeoutExpiredError when time runs out
    (after SIGTERM, then SIGKILL, to its whole process group), PrerequisiteError when there is no such program.
    """
    command = tuple(str(word) for word in argv)
    process = _start(command, environment, stdin, directory)
    try:
        stdout, stderr = process.communicate(stdin, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        end_group(process)
        raise timed_out(command, timeout) from error
    except BaseException:
        end_group(process)
        raise
    completed = Completed(command, process.returncode, stdout, stderr)
    if completed.returncode not in expect:
        raise ProcessError(completed, expect)
    return completed


def _start(
    command: tuple[str, ...], environment: Mapping[str, str] | None, stdin: str | None, directory: Path | None
) -> subprocess.Popen[str]:
    """Start a program in a session of its own. Raise PrerequisiteError when there is no such program."""
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=None if environment is None else dict(environment),
            cwd=directory,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise missing(command) from error


def missing(command: Sequence[str]) -> errors.PrerequisiteError:
    """Return the error of a program that this machine does not have."""
    return errors.PrerequisiteError(
        f"no program {command[0]} to run", where=" ".join(command), mend=f"install {command[0]}"
    )


def timed_out(command: Sequence[str], timeout: float) -> errors.TimeoutExpiredError:
    """Return the error of a program that did not end within so many seconds."""
    return errors.TimeoutExpiredError(
        f"{command[0]} did not end within {timeout:g} s and was stopped",
        where=" ".join(command),
        mend="look for what it waits on, then run the same command again",
    )


def end_group(process: subprocess.Popen[Any]) -> None:
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
