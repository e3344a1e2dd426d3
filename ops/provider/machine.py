"""`sitewright:lab:Machine`: one machine of a lab, a system container on this host.

Its input `boot` counts how often Pulumi had to start it. `check` raises it when the machine is found stopped, so that
a plain `pulumi up` shows `boot: 1 => 2` and starts the machine again, and everything that depends on it looks again.
"""

from __future__ import annotations

import threading

from ops.actions import machine as action
from ops.provider import difference, wire
from ops.provider.resource import Call, Live
from ops.provider.wire import Properties

TOKEN = "sitewright:lab:Machine"  # noqa: S105 - a type token, not a password


class Machine:
    """Answers the engine about lab machines."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled

    def check(self, _call: Call, old: Properties, new: Properties) -> Properties:
        """Return the inputs with the boot that is wanted: the recorded one while the machine runs, else the next."""
        boot = int(wire.reveal(old.get("boot")) or 0)
        lab, node = str(new["lab"]), str(new["node"])
        wanted = boot if boot and action.is_running(lab, node) else boot + 1
        return new | {"boot": wanted}

    def diff(self, _call: Call, old: Live, new: Properties) -> difference.Difference:
        """Return what differs; another lab, name or operating system is another machine."""
        found = difference.compare(_visible(old.inputs), _visible(new), lambda path: path[0] in _IDENTITY)
        return difference.Difference(found.changes, delete_before_replace=True)

    def create(self, call: Call, inputs: Properties) -> Live:
        """Make and start the machine; one of that name that is there already is adopted."""
        if not call.preview:
            action.start(str(inputs["site"]), str(inputs["node"]), call.journal.status, self._cancelled)
        return Live(f"{inputs['lab']}/{inputs['node']}", dict(inputs), inputs)

    def read(self, _call: Call, old: Live) -> Live | None:
        """Return the recorded machine, None when its root file system is gone."""
        lab, _, node = old.identifier.partition("/")
        return old if action.exists(lab, node) else None

    def update(self, call: Call, _old: Live, new: Properties) -> Properties:
        """Start the machine."""
        if not call.preview:
            action.start(str(new["site"]), str(new["node"]), call.journal.status, self._cancelled)
        return dict(new)

    def delete(self, call: Call, old: Live) -> None:
        """Stop the machine and remove all that is left of it."""
        lab, _, node = old.identifier.partition("/")
        action.destroy(lab, node, call.journal.status)


_IDENTITY = frozenset({"lab", "node", "debian"})


def _visible(inputs: Properties) -> Properties:
    """Return the inputs that make a difference; the path of the spec is where it lies, not what it says."""
    return {key: value for key, value in inputs.items() if key != "site"}
