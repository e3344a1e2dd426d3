"""The Kubernetes cluster that the nodes' roles make."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import pulumi


@dataclasses.dataclass(frozen=True)
class ClusterArgs:
    """Where the cluster answers, and which control planes it stands on."""

    site: str
    """Path of the spec, relative to the checkout or absolute."""
    endpoint: str
    """URL of the load balanced Kubernetes API."""
    revisions: Mapping[str, pulumi.Output[str]]
    """Revision of each control plane and infra node: after one of them changed, the API must answer again."""


class Cluster(pulumi.CustomResource):
    """Waits until the cluster answers through the load balancer, and hands out its kubeconfig."""

    kubeconfig: pulumi.Output[str]
    """Secret."""

    def __init__(self, name: str, args: ClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        properties = {
            "site": args.site,
            "endpoint": args.endpoint,
            "revisions": dict(args.revisions),
            "kubeconfig": None,
        }
        secret = pulumi.ResourceOptions(additional_secret_outputs=["kubeconfig"])
        super().__init__("sitewright:site:Cluster", name, properties, pulumi.ResourceOptions.merge(opts, secret))
