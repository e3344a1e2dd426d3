"""One run at a time changes a site. The kernel frees the lock when its holder dies.

Programs that a holder starts are part of its run: they join it by the token in their environment.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from ops import errors

TOKEN_VARIABLE = "SITEWRIGHT_LOCK_TOKEN"  # noqa: S105 - the name of a variable
"""Environment variable that makes a program part of the run that holds the lock."""


@dataclasses.dataclass
class _Held:
    """A lock of this process, and how many of its parts rely on it."""

    file: TextIO
    users: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def hold(state: Path) -> Iterator[None]:
    """Hold a site's lock for the block; inside the block, and in programs started in it, it may be held again.

    Raise LockedError at once when a run that this process is no part of holds it.
    """
    path = state / "lock"
    _enter(path)
    try:
        yield
    finally:
        _leave(path)


def _enter(path: Path) -> None:
    with _guard:
        if path in _held:
            _held[path].users += 1
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            if not _is_part_of(path):
                raise _refusal(path) from error
            return
        token = secrets.token_hex(16)
        file.truncate(0)
        file.write(f"{os.getpid()}\n{token}\n")
        file.flush()
        os.environ[TOKEN_VARIABLE] = token
        _held[path] = _Held(file)


def _leave(path: Path) -> None:
    with _guard:
        held = _held.get(path)
        if held is None:
            return
        held.users -= 1
        if held.users == 0:
            del _held[path]
            os.environ.pop(TOKEN_VARIABLE, None)
            held.file.close()


def _is_part_of(path: Path) -> bool:
    """Say whether the holder of a lock, or one of its programs, started this process."""
    token = os.environ.get(TOKEN_VARIABLE)
    return token is not None and token in path.read_text(encoding="utf-8").splitlines()[1:]


def _refusal(path: Path) -> errors.LockedError:
    holder = (path.read_text(encoding="utf-8").splitlines() or ["unknown"])[0]
    return errors.LockedError(
        f"another run is changing this site (process {holder})",
        where=str(path),
        mend=f"wait until process {holder} ends, then run again",
    )


def _forget_in_child() -> None:
    """Close the lock in a forked child: the lock ends with the process that took it, whatever it leaves running."""
    for held in _held.values():
        held.file.close()
    _held.clear()


os.register_at_fork(after_in_child=_forget_in_child)
