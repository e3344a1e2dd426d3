"""One run at a time changes a site. The kernel frees the lock when its holder dies."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from ops import errors


@contextlib.contextmanager
def hold(state: Path) -> Iterator[None]:
    """Hold a site's lock for the block. Raise LockedError at once when a living run holds it."""
    path = state / "lock"
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = path.read_text(encoding="utf-8").strip() or "unknown"
            raise errors.LockedError(
                f"another run is changing this site (process {holder})",
                where=str(path),
                mend=f"wait until process {holder} ends, then run again",
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
