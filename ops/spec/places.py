"""Where things lie on the operator's machine: one cache for all sites, one state directory a site."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""The checkout that this code runs from."""


def shown(path: Path) -> str:
    """Return a path as people like to read it: relative where it lies below the working directory."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):
        return str(path)


def cache_directory() -> Path:
    """Return the directory of the bundle cache, shared by all sites and checkouts of this user."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sitewright"


def state_root() -> Path:
    """Return the directory that holds one state directory for each site."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "sitewright"


def state_directory(site_name: str) -> Path:
    """Return where keys, run records, Pulumi state and lab machines of one site lie (mode 0700)."""
    return state_root() / site_name
