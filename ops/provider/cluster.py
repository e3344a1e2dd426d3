"""`sitewright:site:Cluster`: the cluster that the nodes' roles have made; waits for it and gives its kubeconfig."""

from __future__ import annotations

import threading

from ops.actions import cluster as action
from ops.provider import difference, wire
from ops.provider.resource import Call, Live
from ops.provider.wire import UNKNOWN, Properties, Secret

TOKEN = "sitewright:site:Cluster"  # noqa: S105 - a type token, not a password


class Cluster:
    """Answers the engine about clusters."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled

    def check(self, _call: Call, _old: Properties, new: Properties) -> Properties:
        """Return the program's inputs."""
        return new

    def diff(self, _call: Call, old: Live, new: Properties) -> difference.Difference:
        """Return which inputs differ, and whether the kubeconfig on disk is another than the recorded one."""
        found = difference.compare(_visible(old.inputs), _visible(new))
        current = action.kubeconfig(str(new["site"]))
        if current is not None and current != wire.reveal(old.outputs.get("kubeconfig")):
            changed = difference.Change(("kubeconfig",), difference.Kind.UPDATE)
            return difference.Difference((*found.changes, changed))
        return found

    def create(self, call: Call, inputs: Properties) -> Live:
        """Wait for the cluster; in a preview its kubeconfig is not known yet."""
        identifier = str(inputs["endpoint"])
        if call.preview:
            return Live(identifier, inputs | {"kubeconfig": UNKNOWN}, inputs)
        return Live(identifier, self._wait(call, inputs), inputs)

    def read(self, _call: Call, old: Live) -> Live | None:
        """Return the recorded cluster when it answers. Raise UnreachableError when it does not."""
        action.reach(str(old.inputs["site"]))
        return old

    def update(self, call: Call, old: Live, new: Properties) -> Properties:
        """Wait for the cluster again; in a preview the recorded kubeconfig stands."""
        if call.preview:
            current = action.kubeconfig(str(new["site"]))
            recorded = old.outputs.get("kubeconfig", UNKNOWN)
            return new | {"kubeconfig": recorded if current is None else Secret(current)}
        return self._wait(call, new)

    def delete(self, _call: Call, _old: Live) -> None:
        """Do nothing: the cluster is on the nodes and goes with them."""

    def _wait(self, call: Call, inputs: Properties) -> Properties:
        kubeconfig = action.wait(str(inputs["site"]), call.journal.status, self._cancelled)
        return inputs | {"kubeconfig": Secret(kubeconfig)}


def _visible(inputs: Properties) -> Properties:
    """Return the inputs that make a difference; the path of the spec is where it lies, not what it says."""
    return {key: value for key, value in inputs.items() if key != "site"}
