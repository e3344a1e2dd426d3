"""What a run of Pulumi failed of: its plugins write their errors down, and the run that waited for it tells the first.

Pulumi's own exit code says only that a resource failed; a script wants to know a changed host key from a full disk.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from ops import errors

VARIABLE = "SITEWRIGHT_FAILURES"
"""Environment variable with the path of the file that failures are written to; absent means that none are."""


def record(error: errors.SitewrightError) -> None:
    """Append an error as one line; lines of side by side failures do not mix."""
    path = os.environ.get(VARIABLE)
    if path is None:
        return
    line = json.dumps({"code": error.code, "what": error.what, "where": error.where, "mend": error.mend}) + "\n"
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, line.encode())
    finally:
        os.close(descriptor)


def first(path: Path) -> errors.SitewrightError | None:
    """Return the first error in the file as what it was, None where there is none."""
    if not path.exists():
        return None
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines:
        return None
    found = json.loads(lines[0])
    kinds = {kind.code: kind for kind in _kinds(errors.SitewrightError)}
    kind = kinds.get(found["code"], errors.DeployError)
    return kind(found["what"], where=found["where"], mend=found["mend"])


def _kinds(base: type[errors.SitewrightError]) -> list[type[errors.SitewrightError]]:
    """Return the classes of the house's own tree; those of a room take another signature and are told as their base."""
    return [base, *(kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__)]
