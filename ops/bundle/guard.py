"""One build at a time: a lock on the cache that tells who holds it and dies with its holder."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

_POLL_SECONDS = 0.2


@contextlib.contextmanager
def hold(cache: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the cache's build lock for the block; wait for another holder and say once who it is.

    The kernel frees the lock when its holder dies, so a killed build never blocks the next one.
    """
    path = cache / "locks" / "build"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as stream:
        told = False
        while not _try(stream.fileno()):
            if not told:
                say(f"another build holds the cache ({_holder(path)}); waiting for it to end")
                told = True
            time.sleep(_POLL_SECONDS)
        stream.seek(0)
        stream.truncate()
        stream.write(f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}")
        stream.flush()
        yield


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(path: Path) -> str:
    """Return what the holder wrote about itself; it may be about to write it."""
    return path.read_text() or "just started"
