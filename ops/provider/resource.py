"""What a resource type answers to the Pulumi engine, in plain Python."""

from __future__ import annotations

import dataclasses
from typing import Protocol

from ops.provider import difference, engine
from ops.provider.wire import Properties


@dataclasses.dataclass(frozen=True)
class Call:
    """What every request about one resource says."""

    urn: str
    type: str
    """Type token, such as 'sitewright:site:Node'."""
    name: str
    """Logical name in the Pulumi program."""
    journal: engine.Journal
    """Where messages about this resource go."""
    preview: bool = False
    timeout: float = 0.0
    """Seconds from `custom_timeouts`; 0 when the program gave none."""
    seed: bytes = b""
    """Random bytes for a generated name; the same in a preview and the update that was planned by it."""


@dataclasses.dataclass(frozen=True)
class Live:
    """A resource that exists: its identifier, its outputs and the inputs that describe it."""

    identifier: str
    outputs: Properties
    inputs: Properties


class PartialFailure(Exception):  # noqa: N818 - it is half a success: the resource exists
    """The resource was created or updated, and then did not become ready; Pulumi keeps it and tries again."""

    def __init__(self, live: Live, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.live = live
        self.reasons = reasons


class Resource(Protocol):
    """One resource type. Every method raises SitewrightError with a message for people."""

    def check(self, call: Call, old: Properties, new: Properties) -> Properties:
        """Return the inputs to use, given the last ones ({} when there are none) and those of the program."""

    def diff(self, call: Call, old: Live, new: Properties) -> difference.Difference:
        """Return how new inputs differ from the recorded resource."""

    def create(self, call: Call, inputs: Properties) -> Live:
        """Make the resource, or say what it would be in a preview. Creating again what exists adopts it."""

    def read(self, call: Call, old: Live) -> Live | None:
        """Return the resource as it is now, None when it is gone. `old` has no inputs in an import."""

    def update(self, call: Call, old: Live, new: Properties) -> Properties:
        """Change the resource, or say what it would be in a preview; return its outputs."""

    def delete(self, call: Call, old: Live) -> None:
        """Remove the resource; one that is gone already is no error."""
