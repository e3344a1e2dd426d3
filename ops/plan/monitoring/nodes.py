"""The variables of the roles node_exporter, monitoring and monitoring_access."""

from __future__ import annotations

from ops.plan import endpoints, recovery
from ops.plan.monitoring import ports
from ops.plan.serving import observation, shared
from ops.spec import model


def variables(site: model.Site, node: model.Node) -> dict[str, object]:
    """Given a site and one of its nodes, return what the roles of the monitoring are given there."""
    result = _node_exporter(site, node)
    if node == endpoints.monitoring_node(site):
        result |= _monitoring(site)
    if model.Role.CONTROL_PLANE in node.roles:
        result |= _access(site)
    return result


def _node_exporter(site: model.Site, node: model.Node) -> dict[str, object]:
    """Return what every node shows, and to whom."""
    open_ports = [ports.NODE_EXPORTER]
    if model.Role.INFRA in node.roles:
        open_ports.append(ports.LOAD_BALANCER)
    if model.Role.CONTROL_PLANE in node.roles:
        open_ports.append(ports.ETCD)
    return {
        "node_exporter_address": str(node.address),
        "node_exporter_port": ports.NODE_EXPORTER,
        "node_exporter_readers": [str(endpoints.monitoring_node(site).address)],
        "node_exporter_closed_ports": sorted(open_ports),
        "node_exporter_etcd_port": ports.ETCD if model.Role.CONTROL_PLANE in node.roles else 0,
    }


def _monitoring(site: model.Site) -> dict[str, object]:
    """Return what Prometheus and Alertmanager are told: no worker and no pod is named."""
    infra, planes = site.nodes_with(model.Role.INFRA), site.nodes_with(model.Role.CONTROL_PLANE)
    return {
        "monitoring_site": site.name,
        "monitoring_retention_seconds": site.monitoring.retention,
        "monitoring_webhook": site.monitoring.webhook or "",
        "monitoring_prometheus_url": endpoints.prometheus_url(site),
        "monitoring_alertmanager_url": endpoints.alertmanager_url(site),
        "monitoring_prometheus_port": ports.PROMETHEUS,
        "monitoring_alertmanager_port": ports.ALERTMANAGER,
        "monitoring_api_server": f"{endpoints.api_host(site)}:{site.network.api_port}",
        "monitoring_user": observation.USER,
        "monitoring_namespace": shared.NAMESPACE,
        "monitoring_machines": _targets(tuple(dict.fromkeys(infra + planes)), ports.NODE_EXPORTER),
        "monitoring_load_balancers": _targets(infra, ports.LOAD_BALANCER),
        "monitoring_api_servers": _targets(planes, endpoints.API_SERVER_PORT),
        "monitoring_etcd_members": _targets(planes, ports.ETCD),
        "monitoring_backup_servers": _targets((recovery.drill_host(site),), site.network.backup_port),
        "monitoring_node_exporter_port": ports.NODE_EXPORTER,
    }


def _access(site: model.Site) -> dict[str, object]:
    """Return what the first control plane needs to let Prometheus in."""
    return {
        "monitoring_access_node": endpoints.monitoring_node(site).name,
        "monitoring_access_first": site.nodes_with(model.Role.CONTROL_PLANE)[0].name,
        "monitoring_access_user": observation.USER,
    }


def _targets(nodes: tuple[model.Node, ...], port: int) -> list[dict[str, str]]:
    return [{"node": node.name, "address": f"{node.address}:{port}"} for node in nodes]
