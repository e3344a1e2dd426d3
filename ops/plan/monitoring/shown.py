"""What the load balancer of the monitoring node shows to people over TLS."""

from __future__ import annotations

from ops.plan import endpoints
from ops.plan.monitoring import ports
from ops.spec import model


def shown(site: model.Site, node: model.Node) -> list[dict[str, object]]:
    """Given a site and an infra node, return the services on its loopback that others may read."""
    if node != endpoints.monitoring_node(site):
        return []
    return [
        {"name": "prometheus", "port": site.network.prometheus_port, "local_port": ports.PROMETHEUS},
        {"name": "alertmanager", "port": site.network.alertmanager_port, "local_port": ports.ALERTMANAGER},
    ]
