"""A Pulumi engine for one provider: serves the provider in this process and takes its messages."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime import proto
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc

from ops.provider import engine
from ops.provider.provider import Provider
from ops.provider.servicer import Servicer


@dataclasses.dataclass
class Messages(engine_pb2_grpc.EngineServicer):
    """Keeps what providers say."""

    said: list[tuple[str, str, bool]] = dataclasses.field(default_factory=list)
    """Severity, text, and whether the next message replaces it."""

    def Log(self, request: Any, _context: Any) -> Any:  # noqa: N802 - the protocol's name
        self.said.append((proto.LogSeverity.Name(request.severity), request.message, request.ephemeral))
        return empty_pb2.Empty()


@contextlib.contextmanager
def serving(provider: Provider) -> Iterator[tuple[Any, Messages]]:
    """Serve a provider on loopback; give a client of it, and the messages that it sends."""
    messages = Messages()
    engine_server, engine_port = _server()
    engine_pb2_grpc.add_EngineServicer_to_server(messages, engine_server)
    engine_server.start()
    provider_server, provider_port = _server()
    connection = engine.Engine(f"127.0.0.1:{engine_port}")
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(provider, connection), provider_server)
    provider_server.start()
    channel = grpc.insecure_channel(f"127.0.0.1:{provider_port}")
    try:
        yield proto.ResourceProviderStub(channel), messages
    finally:
        channel.close()
        provider_server.stop(0).wait()
        connection.close()
        engine_server.stop(0).wait()


def _server() -> tuple[Any, int]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    return server, server.add_insecure_port("127.0.0.1:0")
