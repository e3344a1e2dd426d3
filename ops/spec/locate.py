"""Find the spec that somebody means by a name or a path."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from ops import errors
from ops.spec import places, scalars

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
    named = inventory() / argument / FILE_NAME
    if re.fullmatch(scalars.NAME, argument) and named.exists():
        return named
    path = Path(argument).expanduser()
    if path.is_dir():
        path = path / FILE_NAME
    if argument and path.exists():
        return path
    close = difflib.get_close_matches(argument, known_sites(), n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    raise errors.NotFoundError(
        f"there is no site '{argument}'",
        where=str(path),
        mend=f"{hint}name a site of inventory/ ({', '.join(known_sites())}) or the path of a site.yml",
    )
