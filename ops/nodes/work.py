"""Do one step on one node. What the machine itself must do, act and restart, is Ansible's."""

from __future__ import annotations

import dataclasses

from ops import errors
from ops.nodes import budget, drain, spread, verify
from ops.nodes.acts import Act, Restart, Step
from ops.nodes.drain import Pause, Say
from ops.nodes.journal import Entry
from ops.nodes.site_nodes import SiteNodes
from ops.plan import node_variables
from ops.plan.serving import shared, triton
from ops.spec import model

OWNER = "maintenance"
_RUNTIME = "containerd.io"
_WHOLE_SECONDS = 180.0
"""Seconds that a node gets to be whole after a restart of the machine."""
_START_SECONDS = 600.0
"""Seconds that a pod of a model gets to load it: as long as its Deployment says."""


@dataclasses.dataclass(frozen=True)
class Work:
    """The steps of one node."""

    nodes: SiteNodes
    act: Act
    say: Say
    pause: Pause

    def do(self, step: Step, entry: Entry) -> Entry:
        """Do a step and return the entry with what it found. Raise SitewrightError when it does not end well."""
        if step is Step.CORDON:
            self._cordon(entry.node)
        elif step is Step.DRAIN:
            self._drain(entry.node)
        elif step is Step.VERIFY:
            return self.verified(entry, undone=False)
        elif step is Step.UNCORDON:
            self._uncordon(entry.node)
        elif step is Step.SPREAD:
            spread.spread(self.nodes.cluster, self.nodes.site, _START_SECONDS, self.say, self.pause)
        return entry

    def refusals(self, name: str, most_away: int) -> list[errors.BudgetError]:
        """Return why a node may not leave now; one that is out of service by our hand has left already."""
        facts = self.nodes.facts()
        if Step.DRAIN not in self.act.steps or any(node.name == name and node.owner == OWNER for node in facts.nodes):
            return []
        return budget.refusals(self.act, self.nodes.site, name, facts.nodes, facts.pods, most_away=most_away)

    def put_back(self, entry: Entry) -> Entry:
        """Take a node that failed back into service, once it shows that it works as before."""
        whole = self.verified(entry, undone=True)
        self._uncordon(entry.node)
        spread.spread(self.nodes.cluster, self.nodes.site, _START_SECONDS, self.say, self.pause)
        return whole

    def verified(self, entry: Entry, *, undone: bool) -> Entry:
        """Return the entry with the answer of the node's own pod. Raise SitewrightError when there is none."""
        cluster, site = self.nodes.cluster, self.nodes.site
        runtime = _runtime(entry, undone=undone)
        boot = entry.boot if self.act.restart is Restart.MACHINE else ""
        verify.wait_until_whole(cluster, entry.node, _WHOLE_SECONDS, self.pause, runtime=runtime, boot=boot)
        if model.Role.WORKER not in site.node(entry.node).roles:
            return entry
        answers = []
        for card in site.models:
            if card.name in entry.models:
                name = triton.service_name(card)
                text = verify.answer(cluster, name, card.name, entry.node, _START_SECONDS, self.say, self.pause)
                self.say(f"{card.name} on {entry.node} says: {text}")
                answers.append(text)
        return entry.model_copy(update={"answer": "\n".join(answers)})

    def _cordon(self, node: str) -> None:
        ours = self.nodes.cluster.cordon(node, OWNER)
        self.say(f"{node} is cordoned" if ours else f"{node} was cordoned by a person and stays so afterwards")

    def _drain(self, node: str) -> None:
        patience = self._request_seconds() + drain.PATIENCE_SECONDS
        self.nodes.divert(node, patience, self.say, self.pause)
        verify.remove(self.nodes.cluster, node, self.pause)
        drain.drain(self.nodes.cluster, node, patience, self.say, self.pause)

    def _uncordon(self, node: str) -> None:
        takes = self.nodes.cluster.uncordon(node, OWNER)
        self.nodes.admit(node)
        self.say(f"{node} is in service" if takes else f"{node} stays cordoned: a person did that")

    def _request_seconds(self) -> float:
        return float(self.nodes.site.gateway.request_timeout_seconds + shared.PRE_STOP_SECONDS)


def _runtime(entry: Entry, *, undone: bool) -> str:
    """Return the version of containerd that the node must run; empty where any will do."""
    for package in entry.packages:
        if package.name == _RUNTIME:
            return (package.before if undone else package.after).removesuffix(node_variables.PACKAGE_REVISION)
    return ""
