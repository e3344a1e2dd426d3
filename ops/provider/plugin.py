"""Run a plugin process as the Pulumi engine expects it: say the port, serve, end when told or orphaned."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc

Register = Callable[[Any], None]
"""Adds a servicer to a gRPC server."""

_MESSAGE_BYTES = 400 * 1024 * 1024
"""Largest message, as in Pulumi's own SDKs (pulumi/runtime/_grpc_settings.py)."""

_THREADS = 64
"""Requests served at once; the engine sends as many as it has resources in flight, and most of them only wait."""

GRACE_SECONDS = 4.0
"""The engine kills a plugin 5 s after it asked it to end (pkg/resource/plugin/plugin.go, ExecPlugin)."""


def serve(register: Register, stop: Callable[[], None], grace: float = GRACE_SECONDS) -> None:
    """Serve on a free loopback port until SIGINT, SIGTERM or the end of standard input.

    The engine holds the other end of standard input, so its death, by `kill -9` too, ends this process.
    `stop` asks running work to end; it has `grace` seconds before the process exits.
    """
    pool = _Pool(max_workers=_THREADS)
    server = grpc.server(
        pool,
        options=[
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    register(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    threading.Thread(target=_watch_engine, args=(ended,), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended.wait()
    stop()
    server.stop(grace)
    # gRPC itself forgets requests whose client is gone; their work still has to end.
    futures.wait(pool.running, grace)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    # A request thread may still wait for its work to end; the interpreter would wait for the thread.
    os._exit(0)


class _Pool(futures.ThreadPoolExecutor):
    """A thread pool that knows which requests it is serving."""

    def __init__(self, max_workers: int) -> None:
        super().__init__(max_workers)
        self.running: set[futures.Future[Any]] = set()

    def submit(self, *arguments: Any, **named: Any) -> futures.Future[Any]:
        """Serve one request."""
        future = super().submit(*arguments, **named)
        self.running.add(future)
        future.add_done_callback(self.running.discard)
        return future


def _watch_engine(ended: threading.Event) -> None:
    """Set the event when standard input ends."""
    while sys.stdin.buffer.read(4096):
        continue
    ended.set()
