"""A lock by name that the kernel lets go when its holder ends, and that leaves no file behind."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Iterator

from ops import errors
from ops.lab import names, processes

_WAIT_SECONDS = 180.0


@contextlib.contextmanager
def hold(lab: str, node: str | None = None, *, seconds: float = _WAIT_SECONDS) -> Iterator[socket.socket]:
    """Hold the lock of a lab, or of one machine; yield the socket that holds it.

    A child that inherits the socket holds the lock too. Raise LockedError when another run has it for `seconds`.
    The lock is an abstract unix address (unix(7)): visible in the host's network namespace only.
    """
    with _bound(names.namespace(lab, node), seconds) as held:
        yield held


@contextlib.contextmanager
def hold_host(*, seconds: float = _WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of what all labs of this host share."""
    with _bound("host", seconds):
        yield


@contextlib.contextmanager
def _bound(name: str, seconds: float) -> Iterator[socket.socket]:
    """Hold an abstract unix address."""
    address = f"\0sitewright/{name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as lock:

        def taken() -> bool:
            try:
                lock.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
                return False
            return True

        if not processes.wait(taken, seconds):
            raise errors.LockedError(
                f"another run has been working on {name} for {seconds:g} s",
                where=name,
                mend=f"wait for it, or find it with: grep {address[1:]} /proc/net/unix",
            )
        yield lock
