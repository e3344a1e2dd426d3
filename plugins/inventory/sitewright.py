"""Show a site's spec to Ansible as an inventory: a group for each role, and the plan's variables of each node."""

from __future__ import annotations

import json
import shlex
from typing import Any

from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin

from ops import errors
from ops.plan import endpoints, recovery
from ops.plan.node_variables import node_variables
from ops.spec import access, locate, places
from ops.spec.loader import load
from ops.spec.model import Node, Role, Site

DOCUMENTATION = """
    name: sitewright
    short_description: inventory from a site spec
    description:
      - Reads a C(site.yml) and shows its nodes as hosts, its roles as groups, and the variables that the plan
        resolves for each node.
      - A wrong spec ends the run with all its faults.
    options:
      plugin:
        description: Not used; the spec is no inventory file of Ansible's own.
        type: str
"""

DRILL_HOST = "drill_host"
"""Group of the one node that keeps the backups and tries them."""


class InventoryModule(BaseInventoryPlugin):  # type: ignore[misc] # ansible carries no types
    """Hosts, groups and variables of one site."""

    NAME = "sitewright"

    def verify_file(self, path: str) -> bool:
        """Tell whether a path can be a site spec."""
        return bool(super().verify_file(path)) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Fill the inventory from the spec at `path`. Raise AnsibleParserError with the spec's faults."""
        super().parse(inventory, loader, path, cache)
        try:
            site = load(locate.resolve(path))
            access.pin(site)
        except errors.SitewrightError as error:
            raise AnsibleParserError(f"the spec cannot be used\n{error}") from error
        for group in (*(role.value for role in Role), DRILL_HOST, *(["lab"] if site.lab is not None else [])):
            inventory.add_group(group)
        for key, value in controller_variables(site).items():
            inventory.set_variable("all", key, value)
        for node in site.nodes:
            self._add(site, node)
        inventory.add_group("monitoring")
        inventory.add_child("monitoring", endpoints.monitoring_node(site).name)
        inventory.add_child(DRILL_HOST, recovery.drill_host(site).name)

    def _add(self, site: Site, node: Node) -> None:
        """Add one node to the groups of its roles."""
        self.inventory.add_host(node.name)
        for role in node.roles:
            self.inventory.add_child(role.value, node.name)
        if site.lab is not None:
            self.inventory.add_child("lab", node.name)
        for key, value in (connection_variables(site, node) | node_variables(site, node)).items():
            self.inventory.set_variable(node.name, key, value)


def connection_variables(site: Site, node: Node) -> dict[str, object]:
    """Return the variables by which Ansible reaches a node over ssh, by Mitogen or its own plugin."""
    variables: dict[str, object] = {
        "ansible_host": str(node.address),
        "ansible_user": site.access.user,
        "ansible_ssh_common_args": shlex.join(access.options(site)),
        # Nodes are in the local network; to compress costs more than it saves.
        "mitogen_ssh_compression": False,
    }
    key = access.private_key(site)
    return variables if key is None else variables | {"ansible_ssh_private_key_file": str(key)}


def controller_variables(site: Site) -> dict[str, object]:
    """Return what `sitewright site prepare` wrote about files on this machine; empty before that."""
    path = places.state_directory(site.name) / "controller.json"
    if not path.exists():
        return {}
    variables: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return variables
