"""Find the spec that somebody means by a name or a path."""

from __future__ import annotations

import difflib
from pathlib import Path

from ops import errors
from ops.spec import places
from ops.spec.findings import shorten

FILE_NAME = "site.yml"


def inventory() -> Path:
    """Return the directory that holds one directory for each site."""
    return places.PROJECT_ROOT / "inventory"


def known_sites() -> list[str]:
    """Return the names of the directories of inventory/ that hold a spec, in order."""
    return sorted(path.parent.name for path in inventory().glob(f"*/{FILE_NAME}"))


def resolve(argument: str) -> Path:
    """Given the name of a directory of inventory/, or the path of a spec or of its directory, return the spec's path.

    A name comes before a path: `lab` is inventory/lab/site.yml wherever it is asked from.
    Raise NotFoundError when there is no such site.
    """
    sites = known_sites()
    if argument in sites:
        return inventory() / argument / FILE_NAME
    found = _at_path(argument) if argument else None
    if found is not None:
        return found
    close = difflib.get_close_matches(argument, sites, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    raise errors.NotFoundError(
        f"there is no site '{shorten(argument)}'",
        where=f"inventory/ and {shorten(str(Path.cwd()))}",
        mend=f"{hint}name a site of inventory/ ({', '.join(sites)}) or the path of a site.yml",
    )


def _at_path(argument: str) -> Path | None:
    """Return the spec at a path; None where there is none or the path cannot be one."""
    try:
        path = Path(argument).expanduser()
        path = path / FILE_NAME if path.is_dir() else path
        path.lstat()
    except (OSError, ValueError, RuntimeError):
        return None
    return path
