"""`sitewright:lab:Machine`: one machine of a lab, a system container on this host.

Two of its inputs are counters that `check` raises by what it finds on this host, so that a plain `pulumi up` shows
them and acts. `boot` counts how often it had to be started: a machine that is found stopped shows `boot: 1 => 2`, is
started again, and its node is looked at again. `serial` counts how often it was made from nothing: a machine whose disk
is gone shows `serial: 1 => 2`, is made again, and its node is made anew.
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
        """Return the inputs with the counters: the recorded ones while the machine stands and runs, else the next."""
        serial, boot = _count(old, "serial"), _count(old, "boot")
        lab, node = str(new["lab"]), str(new["node"])
        is_same = all(old.get(key) == new[key] for key in _IDENTITY) and action.stands(lab, node)
        is_running = is_same and action.is_running(lab, node)
        return new | {"serial": serial if is_same else serial + 1, "boot": boot if is_running else boot + 1}

    def diff(self, _call: Call, old: Live, new: Properties) -> difference.Difference:
        """Return what differs; another lab, name, address or operating system is another machine."""
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


_IDENTITY = ("lab", "node", "debian", "address")
"""Inputs that a machine keeps for life."""


def _count(old: Properties, name: str) -> int:
    return int(wire.reveal(old.get(name)) or 0)


def _visible(inputs: Properties) -> Properties:
    """Return the inputs that make a difference; the path of the spec is where it lies, not what it says."""
    return {key: value for key, value in inputs.items() if key != "site"}
