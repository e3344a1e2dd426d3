"""The site's hosts: lab machines where the site is a lab, and every node brought into its wanted state."""

from __future__ import annotations

import pulumi

from ops.plan import endpoints, roles_digest, stages
from ops.plan.stage import Stage, label, playbook
from ops.resources.machine import Machine, MachineArgs
from ops.resources.node import Node, NodeArgs
from ops.spec import model
from stacks.configuration import Settings


class Hosts(pulumi.ComponentResource):
    """Nodes in the order in which they can be made: infra, control planes one after the other, workers.

    Monitoring and backups come beside them, each node's as soon as the node itself stands.
    """

    nodes: dict[str, Node]
    """What the cluster stands on, by name of the node."""
    operations: dict[str, Node]
    """Monitoring and backups, by name of the node."""
    machines: dict[str, Machine]
    """Empty on a real site."""

    def __init__(self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sitewright:stack:Hosts", name, {}, opts)
        self._settings = settings
        self.machines = {}
        self.nodes = {}
        self.operations = {}
        if settings.site.lab is not None:
            self.machines = {node.name: self._machine(node) for node in settings.site.nodes}
        for node in ordered(settings.site):
            self.nodes[node.name] = self._node(node, Stage.PLATFORM)
        # the monitoring node is the first infra node, so that it comes before the control plane that lets it in
        for node in ordered(settings.site):
            self.operations[node.name] = self._node(node, Stage.OPERATIONS)
        self.register_outputs({"revisions": {key: node.revision for key, node in self.nodes.items()}})

    def _machine(self, node: model.Node) -> Machine:
        arguments = MachineArgs(
            site=self._settings.path,
            lab=self._settings.site.name,
            node=node.name,
            debian=node.debian,
            address=str(node.address),
        )
        return Machine(node.name, arguments, pulumi.ResourceOptions(parent=self))

    def _node(self, node: model.Node, stage: Stage) -> Node:
        site = self._settings.site
        machine = self.machines.get(node.name)
        arguments = NodeArgs(
            site=self._settings.path,
            node=node.name,
            stage=stage.value,
            follows_boot=stage is Stage.PLATFORM,
            variables=stages.variables(site, node, stage),
            roles=roles_digest.roles_digest(playbook(stage), stages.role_names(site, node, stage)),
            release={
                name: digest
                for name, digest in self._settings.releases.items()
                if name in stages.releases(site, node, stage)
            },
            control_plane=stage is Stage.PLATFORM and model.Role.CONTROL_PLANE in node.roles,
            machine=machine,
        )
        options = pulumi.ResourceOptions(
            parent=self,
            depends_on=self._before(node, stage),
            # A lab's node leaves its cluster before its machine goes, and what runs on top goes with the machine; a
            # real one is taken out by a person and never by Pulumi.
            deleted_with=machine if stage is Stage.OPERATIONS else None,
            retain_on_delete=machine is None,
        )
        return Node(label(node.name, stage), arguments, options)

    def _before(self, node: model.Node, stage: Stage) -> list[Node]:
        """Return the resources that must stand before a stage of a node can be made."""
        site = self._settings.site
        if stage is Stage.PLATFORM:
            return [self.nodes[before.name] for before in prerequisites(site, node)]
        watching = endpoints.monitoring_node(site)
        # a control plane lets Prometheus in, whose request lies on the monitoring node
        asked = [self.operations[watching.name]] if stages.lets_in(site, node) and node != watching else []
        return [self.nodes[node.name], *asked]


def ordered(site: model.Site) -> list[model.Node]:
    """Return the nodes so that each comes after those that it needs: infra, control planes, the rest."""
    infra = site.nodes_with(model.Role.INFRA)
    planes = tuple(node for node in site.nodes_with(model.Role.CONTROL_PLANE) if node not in infra)
    return [*infra, *planes, *(node for node in site.nodes if node not in infra + planes)]


def prerequisites(site: model.Site, node: model.Node) -> list[model.Node]:
    """Return the nodes that must stand before a node can be made.

    Everything installs from the infra nodes; a control plane joins those before it; a worker joins the first one.
    """
    order = ordered(site)
    before = order[: order.index(node)]
    infra = [other for other in before if model.Role.INFRA in other.roles]
    planes = [other for other in before if model.Role.CONTROL_PLANE in other.roles]
    if model.Role.CONTROL_PLANE in node.roles:
        return list(dict.fromkeys(infra + planes))
    if model.Role.INFRA in node.roles:
        return infra
    return list(dict.fromkeys(infra + planes[:1]))
