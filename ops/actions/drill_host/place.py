"""Where this drill host keeps recovery's things, and the keys that are made there."""

from __future__ import annotations

from pathlib import Path

from ops.recovery import home as homes
from ops.recovery import vault
from ops.recovery.home import Home


def home(root: Path | None = None) -> Home:
    """Return the place below a root; by default the one that the role `drill_host` makes."""
    return Home() if root is None else Home(root, root / homes.METRICS.name, root / "repositories")


def make_keys(place: Home) -> dict[str, object]:
    """Make the keys that are missing, and tell whether any was."""
    return {"changed": vault.make_keys(place)}
