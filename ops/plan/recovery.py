"""Where backups lie, who makes them, and what the roles of backup and recovery are given."""

from __future__ import annotations

from ops.spec import model

CLIENT = "drill-host"
"""The backup server's one client; its repository lies below its name (rest-server's --private-repos)."""
API_KEY_NAME = "drill-host"
"""Name of the gateway's key with which golden questions are asked."""

REPOSITORIES = "/srv/sitewright/backup"
"""The backup server's directory, one repository for each client below it (role `backup_server`)."""

Variables = dict[str, object]


def drill_host(site: model.Site) -> model.Node:
    """Return the node that keeps the backups: the named one, else the last infra node that is no control plane.

    A site whose infra nodes all are control planes has its last infra node: the backup then is lost with it.
    """
    if site.recovery.drill_host is not None:
        return site.node(site.recovery.drill_host)
    infra = site.nodes_with(model.Role.INFRA)
    apart = [node for node in infra if model.Role.CONTROL_PLANE not in node.roles]
    return (apart or list(infra))[-1]


def repository_location(site: model.Site) -> str:
    """Return restic's address of the site's repository."""
    return f"rest:https://{drill_host(site).address}:{site.network.backup_port}/{CLIENT}/"


def drill_host_variables(site: model.Site) -> Variables:
    """Return the variables of the roles `drill_host` and `backup_server`; none of them is about another node."""
    recovery = site.recovery
    return {
        "drill_host_kubernetes_version": site.versions.kubernetes,
        "drill_host_backup_calendar": recovery.backup,
        "drill_host_backup_interval_seconds": recovery.rpo,
        "drill_host_sweep_calendar": recovery.sweep,
        "drill_host_sweep_parts": recovery.sweep_parts,
        "drill_host_drills_calendar": recovery.drills,
        "drill_host_drills_interval_seconds": recovery.drills_every,
        "backup_server_name": f"backup.{site.network.domain}",
        "backup_server_address": str(drill_host(site).address),
        "backup_server_port": site.network.backup_port,
        "backup_server_client": CLIENT,
    }


def agent_variables(site: model.Site, node: model.Node) -> Variables:
    """Return the variables of the role `recovery_agent`."""
    served = [role.value for role in (model.Role.CONTROL_PLANE, model.Role.WORKER) if role in node.roles]
    return {
        "recovery_agent_user": site.access.user,
        "recovery_agent_source": str(drill_host(site).address),
        "recovery_agent_roles": served,
    }
