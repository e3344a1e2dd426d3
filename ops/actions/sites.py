"""From the path of a spec, as Pulumi's state holds it, to the effective site."""

from __future__ import annotations

import difflib
import functools
from pathlib import Path

from ops import errors, spec
from ops.spec import model, places


def locate(recorded: str) -> Path:
    """Return where a recorded spec lies: the path is relative to the checkout, or absolute."""
    return places.PROJECT_ROOT / recorded


def load(recorded: str) -> model.Site:
    """Return the effective site of a recorded spec; read once while the file stays as it is. Raise SpecError."""
    path = locate(recorded)
    stamp = path.stat().st_mtime_ns if path.exists() else 0
    return _load(path, stamp)


def node(site: model.Site, name: str) -> model.Node:
    """Return a node by its name. Raise NotFoundError with the names that there are."""
    names = [item.name for item in site.nodes]
    if name in names:
        return site.node(name)
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    raise errors.NotFoundError(
        f"site {site.name} has no node '{name}'", where=f"nodes of {site.name}", mend=f"{hint}nodes: {', '.join(names)}"
    )


@functools.lru_cache(maxsize=8)
def _load(path: Path, _stamp: int) -> model.Site:
    return spec.load(path)
