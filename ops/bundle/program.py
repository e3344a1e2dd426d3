"""Runs host programs for a build: many at once, ended together, and never outliving the build.

Unlike ops.adapters.process it can be cancelled from another thread, which a build of many threads needs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from ops import errors
from ops.adapters import process

_GRACE_SECONDS = 5.0

_TAIL = 500
"""Characters of a failed program's last words that an error repeats."""

_NOT_FOUND = ("setpriv: failed to execute",)
"""What setpriv says of a program that it does not find; its exit code, 127, is also the program's own to use."""

_NO_SPACE = ("No space left on device", "Disk quota exceeded", "no space left on device")
_ALTERED = ("checksum mismatch", "DO NOT MATCH THE HASHES", "Hash Sum mismatch", "SECURITY ERROR", "NO_PUBKEY")
_NO_NETWORK = (
    "dial tcp",
    "proxyconnect tcp",
    "Could not connect to",
    "Could not resolve",
    "Temporary failure resolving",
    "Failed to establish a new connection",
    "Network is unreachable",
)
"""What go, apt and pip say when a registry cannot be reached."""


class Cancelled(errors.SitewrightError):
    """The build was stopped because another of its steps failed or the operator interrupted it."""

    exit_code = 8
    code = "E-CANCELLED"


class Runner:
    """Runs programs until it is cancelled; from then on every call raises Cancelled."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._cancelled = False

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        directory: Path | None = None,
        stdin: str | None = None,
    ) -> str:
        """Given an argv list, run it to its end and return its standard output.

        `environment` is laid over the caller's own. The program is killed when the build is.
        Raise DiskFullError, PrerequisiteError when there is no such program, Cancelled, or ProcessError.
        """
        # PR_SET_PDEATHSIG, by util-linux (Essential in Debian). KILL, because unshare ignores TERM while it waits.
        command = ("setpriv", "--pdeathsig", "KILL", "--", *(str(word) for word in argv))
        child = self._start(command, environment, directory, piped=stdin is not None)
        try:
            stdout, stderr = child.communicate(stdin)
        finally:
            with self._lock:
                self._running.discard(child)
        if self._cancelled:
            raise self._stopped(command)
        if child.returncode != 0:
            raise _failure(process.Completed(command[4:], child.returncode, stdout, stderr))
        return stdout

    @property
    def busy(self) -> bool:
        """Whether a program is running."""
        with self._lock:
            return bool(self._running)

    def cancel(self) -> None:
        """End every running program and refuse new ones."""
        with self._lock:
            self._cancelled = True
            running = tuple(self._running)
        for number in (signal.SIGTERM, signal.SIGKILL):
            for child in running:
                _signal(child, number)
            for child in running:
                _wait(child)

    def _start(
        self, command: tuple[str, ...], environment: Mapping[str, str] | None, directory: Path | None, *, piped: bool
    ) -> subprocess.Popen[str]:
        with self._lock:
            if self._cancelled:
                raise self._stopped(command)
            child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE if piped else subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **(environment or {})},
                cwd=directory,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
            self._running.add(child)
            return child

    def _stopped(self, command: tuple[str, ...]) -> Cancelled:
        return Cancelled("the build was stopped", where=" ".join(command[4:]), mend="run the same build again")


def _failure(completed: process.Completed) -> errors.SitewrightError:
    """Return the error that fits a program that failed."""
    name = completed.argv[0]
    where = " ".join(completed.argv)
    last = (completed.stderr.strip() or completed.stdout.strip())[-_TAIL:]
    if _says(completed, _NOT_FOUND):
        return errors.PrerequisiteError(f"no program {name} to run", where=where, mend=f"install {name}")
    if _says(completed, _NO_SPACE):
        return errors.DiskFullError(
            f"no space left while {name} was writing",
            where=where,
            mend="free space in the cache's file system, or set XDG_CACHE_HOME to a larger one, and build again",
        )
    if _says(completed, _ALTERED):
        return errors.IntegrityError(
            f"what {name} fetched is not what its checksum or signature says: {last}",
            where=where,
            mend="do not use it; fetch through another network or mirror, and find out who changed it",
        )
    if _says(completed, _NO_NETWORK):
        return errors.PrerequisiteError(
            f"{name} cannot reach its package registry: {last}",
            where=where,
            mend=f"make {name} reach the registry (network, proxy, mirror), then build again: what is done is kept",
        )
    return process.ProcessError(completed, (0,))


def _says(completed: process.Completed, texts: Sequence[str]) -> bool:
    # `go mod download -json` tells its failure on standard output.
    return any(text in completed.stderr or text in completed.stdout for text in texts)


def _signal(child: subprocess.Popen[str], number: signal.Signals) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)


def _wait(child: subprocess.Popen[str]) -> None:
    try:
        child.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return
