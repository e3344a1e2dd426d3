"""The Kubernetes cluster and the one provider that may speak to it."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes

from ops.plan import endpoints
from ops.resources import cluster as resource
from ops.spec import model
from stacks.configuration import Settings
from stacks.hosts import Hosts


class Cluster(pulumi.ComponentResource):
    """Waits for the cluster that the hosts make, and holds the Kubernetes provider for it."""

    cluster: resource.Cluster
    provider: pulumi_kubernetes.Provider

    def __init__(self, name: str, settings: Settings, hosts: Hosts, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sitewright:stack:Cluster", name, {}, opts)
        site = settings.site
        needed = (*site.nodes_with(model.Role.INFRA), *site.nodes_with(model.Role.CONTROL_PLANE))
        endpoint = f"https://{endpoints.front_address(site)}:{site.network.api_port}"
        self.cluster = resource.Cluster(
            site.name,
            resource.ClusterArgs(
                site=settings.path,
                endpoint=endpoint,
                revisions={node.name: hosts.nodes[node.name].revision for node in needed},
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.provider = pulumi_kubernetes.Provider(
            site.name,
            kubeconfig=self.cluster.kubeconfig,
            # Rotated credentials and a moved load balancer are the same cluster: nothing is made anew for them.
            cluster_identifier=site.name,
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"endpoint": endpoint})
