"""Run both listeners, and end in an orderly way on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Iterator, Sequence

import uvicorn
from starlette.types import ASGIApp

from . import application
from .config import Config
from .envelope import State
from .generate import Parts
from .keys import Key
from .limits import Limits
from .meters import Meters
from .readiness import Readiness
from .upstream import Upstream

_KEEP_ALIVE_SECONDS = 75
"""Longer than load balancers keep an idle connection, so that it is never ours that closes under a new request."""

_LOG = logging.getLogger(__name__)


async def serve(config: Config, keys: Sequence[Key]) -> None:
    """Serve until SIGTERM or SIGINT and return when the last answer has been sent. Raise OSError when a port is taken.

    The order of the end: readiness fails at once, listening goes on for `drain_seconds`, then the requests in flight
    have `grace_seconds`. The operations side answers to the last.
    """
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    meters = Meters()
    declared = {name: model.replicas for name, model in config.models.items()}
    meters.begin(declared, [key.name for key in keys], application.GENERATING)
    silence, pause = config.stall_timeout_seconds, config.longest_retry_pause_seconds
    upstreams = {name: Upstream(model, silence, pause, meters) for name, model in config.models.items()}
    readiness = Readiness(upstreams, config.readiness_interval_seconds, meters)
    limits = Limits(config.max_in_flight, config.max_in_flight_per_key)
    parts = Parts(config, keys, limits, meters, upstreams, readiness)
    await _run(parts, stop)


async def _run(parts: Parts, stop: asyncio.Event) -> None:
    """Run the listeners and the watch over the models until `stop` is set, then drain."""
    config, state = parts.config, State()
    api = _Listener("api", application.api(parts, state), config.host, config.api_port, config.grace_seconds)
    operations = _Listener("operations", application.operations(parts, state), config.host, config.operations_port, 0)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(api.listen())
        group.create_task(operations.listen())
        watching = group.create_task(parts.readiness.watch())
        await stop.wait()
        state.draining = True
        _LOG.info("draining %d requests", parts.limits.in_flight)
        await asyncio.sleep(config.drain_seconds)
        api.should_exit = True
        await serving
        operations.should_exit = True
        watching.cancel()


class _Listener(uvicorn.Server):
    """A uvicorn server that leaves signals to `serve`."""

    def __init__(self, name: str, app: ASGIApp, host: str, port: int, grace_seconds: float) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=max(1, round(grace_seconds)),
            )
        )
        try:
            self._socket = socket.create_server((host, port), backlog=2048)
        except OSError as error:
            raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from error
        # Connections inherit this (Linux). asyncio sets it only on sockets that were made with a protocol number, and
        # without it the first event of a stream waits 40 ms for the acknowledgement of the headers.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _LOG.info("%s listens on %s:%d", name, *self._socket.getsockname())

    async def listen(self) -> None:
        """Serve until `should_exit`."""
        await self.serve(sockets=[self._socket])

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install no handlers: uvicorn's would end one listener, forget the other and raise the signal again."""
        yield
