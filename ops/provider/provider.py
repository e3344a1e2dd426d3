"""A provider: a set of resource types and their configuration."""

from __future__ import annotations

import threading

from ops import errors
from ops.provider import difference
from ops.provider.resource import Resource
from ops.provider.wire import Properties


class Provider:
    """What Pulumi knows as one plugin. Subclasses override what they have."""

    version = "0.1.0"

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        """Set when running operations are to end soon: Ctrl-C, or the engine is gone."""

    def check_configuration(self, _old: Properties, new: Properties) -> Properties:
        """Return the configuration to use."""
        return new

    def diff_configuration(self, old: Properties, new: Properties) -> difference.Difference:
        """Return how new configuration differs; a replacing change makes all of the provider's resources anew."""
        return difference.compare(old, new)

    def configure(self, configuration: Properties) -> None:
        """Take the configuration; comes once, before any resource."""

    def resource(self, token: str) -> Resource:
        """Return what serves a type token. Raise NotFoundError when there is no such type."""
        raise errors.NotFoundError(
            f"no resource type {token} in this plugin", where=token, mend="correct the type in the Pulumi program"
        )
