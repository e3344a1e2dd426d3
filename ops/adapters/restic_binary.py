"""Which restic this is, and whether its results can be trusted."""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import shutil
from pathlib import Path

from ops import errors
from ops.adapters import process

MINIMUM = (0, 18, 0)
"""The first version with JSON results and errors of `check`, and `exit_error` on stderr."""

# Ranges of versions, both ends included, that must not write or judge a repository, and why (restic's changelog).
_KNOWN_BAD: tuple[tuple[tuple[int, int, int], tuple[int, int, int], str], ...] = (
    ((0, 16, 0), (0, 16, 3), "its zstd can damage data at compression max (restic issues 4523 and 4677)"),
)

_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_TIMEOUT_SECONDS = 30.0


@dataclasses.dataclass(frozen=True)
class Binary:
    """A restic program that has told its version."""

    path: Path
    version: tuple[int, int, int]


def find(path: Path | None = None) -> Binary:
    """Return the restic at a path, or the one on PATH. Raise PrerequisiteError when it is missing or unfit."""
    found = path or _on_path()
    try:
        status = found.stat()
    except OSError as error:
        raise _unfit(found, f"there is no restic at {found}") from error
    return _ask(found, status.st_mtime_ns, status.st_size)


def judge(version: str, path: Path) -> tuple[int, int, int]:
    """Given what restic calls its version, return its three numbers. Raise PrerequisiteError when it is unfit."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise _unfit(path, f"restic calls its version {version!r}: only released versions are trusted")
    number = (int(match[1]), int(match[2]), int(match[3]))
    for low, high, reason in _KNOWN_BAD:
        if low <= number <= high:
            raise _unfit(path, f"restic {version} is refused: {reason}")
    if number < MINIMUM:
        raise _unfit(path, f"restic {version} is too old: its exit codes and messages do not tell what failed")
    return number


@functools.cache
def _ask(path: Path, _changed: int, _size: int) -> Binary:
    """Ask a program for its version, once for each content of the file."""
    completed = process.run([path, "version", "--json"], timeout=_TIMEOUT_SECONDS, environment={})
    try:
        version = json.loads(completed.stdout)["version"]
    except (ValueError, KeyError, TypeError) as error:
        # restic before 0.17 prints one line of text here.
        words = completed.stdout.split()
        version = words[1] if words[:1] == ["restic"] and len(words) > 1 else None
        if version is None:
            raise _unfit(path, f"{path} does not tell a restic version") from error
    return Binary(path, judge(str(version), path))


def _on_path() -> Path:
    found = shutil.which("restic")
    if found is None:
        raise _unfit(Path("restic"), "there is no restic on PATH")
    return Path(found)


def _unfit(path: Path, what: str) -> errors.PrerequisiteError:
    minimum = ".".join(str(part) for part in MINIMUM)
    return errors.PrerequisiteError(what, where=str(path), mend=f"install restic {minimum} or newer (Debian 13 has it)")
