"""The site's own provider: lab machines, nodes and the cluster."""

from __future__ import annotations

import sys

from pulumi.runtime.proto import provider_pb2_grpc

from ops.provider import cluster, engine, machine, node, plugin
from ops.provider.provider import Provider
from ops.provider.resource import Resource
from ops.provider.servicer import Servicer


class Sitewright(Provider):
    """Machine, Node and Cluster."""

    def __init__(self) -> None:
        super().__init__()
        self._resources: dict[str, Resource] = {
            machine.TOKEN: machine.Machine(self.cancelled),
            node.TOKEN: node.Node(self.cancelled),
            cluster.TOKEN: cluster.Cluster(self.cancelled),
        }

    def resource(self, token: str) -> Resource:
        """Return what serves a type token. Raise NotFoundError when there is no such type."""
        return self._resources.get(token) or super().resource(token)


def main() -> None:
    """Serve; the engine's address is the last argument."""
    provider = Sitewright()
    servicer = Servicer(provider, engine.Engine(sys.argv[-1]))
    add = provider_pb2_grpc.add_ResourceProviderServicer_to_server
    plugin.serve(lambda server: add(servicer, server), stop=provider.cancelled.set)


if __name__ == "__main__":
    main()
