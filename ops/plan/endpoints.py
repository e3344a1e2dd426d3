"""Names, addresses and ports that more than one part of a site agrees on."""

from __future__ import annotations

from collections.abc import Mapping

from ops.spec import model

API_SERVER_PORT = 6443
"""Port of every kube-apiserver (kubeadm's default)."""
HTTPS_PORT = 443
"""Port that an https URL does not name."""
GATEWAY_NODE_PORT = 30443
"""NodePort of the gateway's API, which the load balancer sends to."""
GATEWAY_HEALTH_NODE_PORT = 30490
"""NodePort of the gateway's readiness page, which the load balancer asks."""


def front_address(site: model.Site) -> str:
    """Return the address where clients and nodes find load balancer and bundle server."""
    if site.network.virtual_address is not None:
        return str(site.network.virtual_address)
    return str(site.nodes_with(model.Role.INFRA)[0].address)


def bundle_host(site: model.Site) -> str:
    """Return the name of the bundle server."""
    return f"bundle.{site.network.domain}"


def api_host(site: model.Site) -> str:
    """Return the name of the load balanced Kubernetes API."""
    return f"api.{site.network.domain}"


def registry(site: model.Site) -> str:
    """Return host and port of the site's OCI registry, as image references begin."""
    return f"{bundle_host(site)}:{site.network.bundle_port}"


def image_references(site: model.Site, digests: Mapping[str, str]) -> dict[str, str]:
    """Given the digest of each image by its name, return what pods ask the site's registry for."""
    return {name: f"{registry(site)}/{name}@{digest}" for name, digest in digests.items()}


def gateway_url(site: model.Site) -> str:
    """Return the OpenAI base URL that clients use."""
    port = site.network.gateway_port
    suffix = "" if port == HTTPS_PORT else f":{port}"
    return f"https://{front_address(site)}{suffix}/v1"


def monitoring_node(site: model.Site) -> model.Node:
    """Return the node that Prometheus and Alertmanager run on: the first infra node."""
    return site.nodes_with(model.Role.INFRA)[0]


def prometheus_url(site: model.Site) -> str:
    """Return where Prometheus answers: on its own node, wherever a virtual address points."""
    return f"https://{monitoring_node(site).address}:{site.network.prometheus_port}"


def alertmanager_url(site: model.Site) -> str:
    """Return where Alertmanager answers."""
    return f"https://{monitoring_node(site).address}:{site.network.alertmanager_port}"


def ingress_nodes(site: model.Site) -> tuple[model.Node, ...]:
    """Return the nodes that take gateway traffic from the load balancer.

    Without a node of role `ingress` these are all control planes and the first worker: a set that adding
    a worker at the end does not change, so that the load balancer is left alone.
    """
    chosen = site.nodes_with(model.Role.INGRESS)
    if chosen:
        return chosen
    first_worker = site.nodes_with(model.Role.WORKER)[:1]
    planes = site.nodes_with(model.Role.CONTROL_PLANE)
    return planes + tuple(node for node in first_worker if node not in planes)
