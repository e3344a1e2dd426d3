"""What each stage of a node is made of: its roles, its variables, and what the operator's machine hands to it.

Each stage is a Pulumi resource of its own, so that monitoring and backups are set up beside the cluster's next nodes
instead of before them. A plain Ansible run does both, in the order of `playbooks/site.yml`.
"""

from __future__ import annotations

from collections.abc import Mapping

from ops.plan import endpoints, node_variables, recovery
from ops.plan.stage import Stage
from ops.spec import model


def role_names(site: model.Site, node: model.Node, stage: Stage) -> tuple[str, ...]:
    """Given a site and one of its nodes, return the Ansible roles of a stage, in the order in which they run."""
    return _operations(site, node) if stage is Stage.OPERATIONS else _platform(site, node)


def variables(site: model.Site, node: model.Node, stage: Stage) -> Mapping[str, object]:
    """Return those of a node's variables whose change is a change of that stage."""
    operations = node_variables.operations(site, node)
    if stage is Stage.OPERATIONS:
        return operations
    every = node_variables.node_variables(site, node)
    return {key: value for key, value in every.items() if key not in operations}


def releases(site: model.Site, node: model.Node, stage: Stage) -> frozenset[str]:
    """Return the names of the releases that a stage of a node gets from the operator's machine."""
    if stage is Stage.OPERATIONS:
        return frozenset({"drill_host"} if node == recovery.drill_host(site) else ())
    return frozenset(role.value for role in node.roles)


def lets_in(site: model.Site, node: model.Node) -> bool:
    """Say whether a node is the control plane that lets Prometheus into the cluster."""
    return node == site.nodes_with(model.Role.CONTROL_PLANE)[0]


def _platform(site: model.Site, node: model.Node) -> tuple[str, ...]:
    names = ["unfinished_run", "base", "apt_source"]
    if model.Role.INFRA in node.roles:
        names += ["bundle_server", "load_balancer", "site_certificate"]
        names += ["virtual_address"] if site.network.virtual_address else []
    if model.Role.CONTROL_PLANE in node.roles or model.Role.WORKER in node.roles:
        names += ["container_runtime", "kubernetes_packages"]
    if model.Role.CONTROL_PLANE in node.roles:
        names.append("kubernetes_control_plane")
    elif model.Role.WORKER in node.roles:
        names.append("kubernetes_node")
    return tuple(names)


def _operations(site: model.Site, node: model.Node) -> tuple[str, ...]:
    names = ["unfinished_run", "node_exporter"]
    if node == endpoints.monitoring_node(site):
        names.append("monitoring")
    if node == recovery.drill_host(site):
        names += ["drill_host", "backup_server", "site_certificate"]
    if model.Role.CONTROL_PLANE in node.roles or model.Role.WORKER in node.roles:
        names.append("recovery_agent")
    if model.Role.CONTROL_PLANE in node.roles:
        names.append("monitoring_access")
    return tuple(names)
