"""Serve the Kubernetes stand-in; the engine's address is the last argument."""

from __future__ import annotations

import sys

from pulumi.runtime.proto import provider_pb2_grpc

from ops.provider import engine, plugin
from ops.provider.kubernetes.provider import Kubernetes
from ops.provider.servicer import Servicer


def main() -> None:
    """Serve until the engine is done."""
    provider = Kubernetes()
    servicer = Servicer(provider, engine.Engine(sys.argv[-1]))
    add = provider_pb2_grpc.add_ResourceProviderServicer_to_server
    plugin.serve(lambda server: add(servicer, server), stop=provider.cancelled.set)


if __name__ == "__main__":
    main()
