"""What one node's roles are given: resolved from the spec, visible in previews, free of secrets.

A worker's variables depend on no other worker: adding one leaves every other node's as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.plan import endpoints, monitoring, recovery
from ops.spec import model

Variables = dict[str, object]

PACKAGE_REVISION = "-1"
"""Debian revision of the packages that the bundle builds."""

_VRRP_ROUTERS = 255
"""VRRP's router numbers are 1 to 255 (RFC 9568, section 5.2.3)."""
_VRRP_FIRST = 200
"""VRRP priority of the first infra node; 255 would mean that it owns the address (section 5.2.4)."""


def node_variables(site: model.Site, node: model.Node) -> Variables:
    """Given a site and one of its nodes, return the variables of that node's roles."""
    variables = _base(site, node)
    if model.Role.INFRA in node.roles:
        variables |= _infra(site, node)
    if model.Role.CONTROL_PLANE in node.roles or model.Role.WORKER in node.roles:
        variables |= _container_runtime(site) | _kubernetes(site, node)
    if model.Role.CONTROL_PLANE in node.roles:
        variables |= _control_plane(site, node)
    return variables | operations(site, node)


def operations(site: model.Site, node: model.Node) -> Variables:
    """Return those of a node's variables that only the roles of monitoring and backup are given."""
    variables = monitoring.variables(site, node)
    if model.Role.CONTROL_PLANE in node.roles or model.Role.WORKER in node.roles:
        variables |= recovery.agent_variables(site, node)
    if node == recovery.drill_host(site):
        variables |= recovery.drill_host_variables(site)
    return variables


def _base(site: model.Site, node: model.Node) -> Variables:
    front = endpoints.front_address(site)
    is_infra = model.Role.INFRA in node.roles
    bundle_uri = f"https://{endpoints.registry(site)}/apt"
    return {
        "site_name": site.name,
        "site_is_lab": site.lab is not None,
        "apt_source_uri": "file:/srv/sitewright/apt/current" if is_infra else bundle_uri,
        "apt_source_suite": node.debian,
        "maintenance_previous_uri": "file:/srv/sitewright/apt/previous" if is_infra else f"{bundle_uri}-previous",
        "base_user": site.access.user,
        "base_hostname": node.name,
        "base_address": str(node.address),
        "base_hosts": {endpoints.bundle_host(site): front, endpoints.api_host(site): front},
    }


def _infra(site: model.Site, node: model.Node) -> Variables:
    network = site.network
    planes = site.nodes_with(model.Role.CONTROL_PLANE)
    return _virtual_address(site, node) | {
        "bundle_server_name": endpoints.bundle_host(site),
        "bundle_server_port": network.bundle_port,
        "bundle_server_clients": str(network.subnet),
        "load_balancer_names": [endpoints.api_host(site), f"gateway.{network.domain}"],
        "load_balancer_addresses": sorted(
            {endpoints.front_address(site), *(str(node.address) for node in site.nodes_with(model.Role.INFRA))}
        ),
        "load_balancer_api_port": network.api_port,
        "load_balancer_api_servers": _servers(planes),
        "load_balancer_gateway_port": network.gateway_port,
        "load_balancer_gateway_servers": _servers(endpoints.ingress_nodes(site)),
        "load_balancer_gateway_node_port": endpoints.GATEWAY_NODE_PORT,
        "load_balancer_gateway_health_node_port": endpoints.GATEWAY_HEALTH_NODE_PORT,
        "load_balancer_gateway_timeout_seconds": site.gateway.request_timeout_seconds + 30,
        "load_balancer_read_only": monitoring.shown(site, node),
    }


def _virtual_address(site: model.Site, node: model.Node) -> Variables:
    """Return what moves the site's virtual address, where it has one."""
    address = site.network.virtual_address
    if address is None:
        return {}
    infra = site.nodes_with(model.Role.INFRA)
    return {
        "virtual_address_address": str(address),
        "virtual_address_router": int(address) % _VRRP_ROUTERS + 1,
        "virtual_address_priority": _VRRP_FIRST - infra.index(node),
        "virtual_address_node": str(node.address),
        "virtual_address_peers": [str(other.address) for other in infra if other != node],
    }


def _servers(nodes: tuple[model.Node, ...]) -> list[Mapping[str, str]]:
    return [{"name": node.name, "address": str(node.address)} for node in nodes]


def _container_runtime(site: model.Site) -> Variables:
    return {
        "container_runtime_version": site.versions.containerd + PACKAGE_REVISION,
        "container_runtime_registry": endpoints.registry(site),
        "container_runtime_is_lab": site.lab is not None,
    }


def _kubernetes(site: model.Site, node: model.Node) -> Variables:
    only_plane = model.Role.CONTROL_PLANE in node.roles and model.Role.WORKER not in node.roles
    return {
        "kubernetes_packages_version": site.versions.kubernetes + PACKAGE_REVISION,
        "kubernetes_version": site.versions.kubernetes,
        "kubernetes_api_endpoint": f"{endpoints.api_host(site)}:{site.network.api_port}",
        "kubernetes_api_address": f"{endpoints.front_address(site)}:{site.network.api_port}",
        "kubernetes_registry": endpoints.registry(site),
        "kubernetes_node_name": node.name,
        "kubernetes_node_address": str(node.address),
        "kubernetes_node_tainted": only_plane,
        "kubernetes_is_lab": site.lab is not None,
    }


def _control_plane(site: model.Site, node: model.Node) -> Variables:
    planes = site.nodes_with(model.Role.CONTROL_PLANE)
    return {
        "kubernetes_control_plane_first": planes[0].name,
        "kubernetes_control_plane_names": sorted({endpoints.api_host(site), endpoints.front_address(site)}),
        "kubernetes_control_plane_pods": str(site.network.pods),
        "kubernetes_control_plane_services": str(site.network.services),
        "kubernetes_control_plane_dns": [str(address) for address in site.network.dns],
        "kubernetes_control_plane_cilium_version": site.versions.cilium,
    }
