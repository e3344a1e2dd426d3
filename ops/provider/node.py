"""`sitewright:site:Node`: one machine brought into the state that the spec asks for, by Ansible over ssh."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from types import ModuleType

from ops import errors
from ops.actions import parts
from ops.provider import difference, wire
from ops.provider.resource import Call, Live
from ops.provider.wire import Properties

TOKEN = "sitewright:site:Node"  # noqa: S105 - a type token, not a password

_LOOKED_AT = frozenset({"variables", "roles", "release"})
"""Inputs that describe the host itself: looking at it tells whether it is so already."""

_IDENTITY = frozenset({"node", "stage", "serial"})
"""Inputs whose change makes another node."""

NODES_AT_ONCE = 2
"""Ansible runs side by side; each takes a core of the operator's machine."""


class Node:
    """Answers the engine about nodes."""

    def __init__(self, cancelled: threading.Event) -> None:
        self._cancelled = cancelled
        self._slots = threading.Semaphore(NODES_AT_ONCE)
        self._control_plane = threading.Lock()
        self._predicted: set[wire.Value] = set()
        """Revisions that a diff has looked at without a refusal: the preview that follows need not look again."""

    def check(self, _call: Call, _old: Properties, new: Properties) -> Properties:
        """Return the program's inputs: the spec's rules have checked them."""
        return new

    def diff(self, call: Call, old: Live, new: Properties) -> difference.Difference:
        """Return which inputs differ; another name, or a machine made from nothing, is a new node.

        Inputs that differ while the host is as the new ones ask, because a playbook did it, are no difference: the
        engine then records them and does nothing.
        """
        found = difference.compare(_visible(old.inputs), _visible(new), lambda path: path[0] in _IDENTITY)
        differing = {change.path[0] for change in found.changes}
        if differing and differing <= _LOOKED_AT and self._matches(call, new):
            return difference.Difference()
        return found

    def _matches(self, call: Call, new: Properties) -> bool:
        """Say whether the host is as the inputs ask. A look that fails is for the update to tell."""
        if wire.has_unknown(new):
            return False
        with contextlib.suppress(errors.SitewrightError), self._turn(new):
            found = _action().predict(_part(new), call.journal.status, self._cancelled)
            self._predicted.add(_outputs(new)["revision"])
            return not found.changed
        return False

    def create(self, call: Call, inputs: Properties) -> Live:
        """Run the playbook on the node."""
        if not call.preview:
            with self._turn(inputs):
                _action().join(_part(inputs), call.journal.status, self._cancelled)
        return Live(_part(inputs).label, _outputs(inputs), inputs)

    def read(self, _call: Call, old: Live) -> Live | None:
        """Return the recorded node when it answers. Raise UnreachableError when it does not."""
        _action().reach(str(old.inputs["site"]), str(old.inputs["node"]))
        return old

    def update(self, call: Call, old: Live, new: Properties) -> Properties:
        """Look first, then run the playbook where something would change; refuse what is disruptive.

        In a preview a machine that is to be started first cannot be looked at.
        """
        starts = old.inputs.get("boot") != new.get("boot")
        outputs = _outputs(new)
        if call.preview and (starts or outputs["revision"] in self._predicted):
            return outputs
        with self._turn(new):
            if call.preview:
                _action().predict(_part(new), call.journal.status, self._cancelled)
            else:
                _action().update(_part(new), call.journal.status, self._cancelled)
        return outputs

    def delete(self, call: Call, old: Live) -> None:
        """Let the cluster go on without the node. The machine stays as it is: in a lab it goes next, as a whole.

        The engine asks for this in labs only, and never for what runs on top of a node.
        """
        from ops.actions import leave  # noqa: PLC0415 - the client of Kubernetes takes half a second to load

        leave.leave(
            str(old.inputs["site"]),
            str(old.inputs["node"]),
            call.journal.status,
            self._cancelled,
            control_plane=bool(old.inputs.get("control_plane")),
        )

    @contextlib.contextmanager
    def _turn(self, inputs: Properties) -> Iterator[None]:
        """Wait until this node may run: two at a time, and never two control planes."""
        first: contextlib.AbstractContextManager[object] = contextlib.nullcontext()
        if inputs.get("control_plane"):
            first = self._control_plane
        with first, self._slots:
            yield


def _action() -> ModuleType:
    """Return ops.actions.converge. Ansible takes a third of a second to load, and a run without changes needs none."""
    from ops.actions import converge  # noqa: PLC0415

    return converge


def _part(inputs: Properties) -> parts.Part:
    """Return which part of which site's node inputs are about."""
    return parts.part(str(inputs["site"]), str(inputs["node"]), str(inputs["stage"]))


def _visible(inputs: Properties) -> Properties:
    """Return the inputs that make a difference; the path of the spec is where it lies, not what it says."""
    return {key: value for key, value in inputs.items() if key != "site"}


def _outputs(inputs: Properties) -> Properties:
    """Return the inputs and a revision: a name for this state of the node, which changes whenever it was run again."""
    text = json.dumps(wire.reveal(_visible(inputs)), sort_keys=True)
    return inputs | {"revision": hashlib.sha256(text.encode()).hexdigest()[:16]}
