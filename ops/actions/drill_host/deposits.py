"""Take what the operator deposits, and hand out what must also lie outside the site."""

from __future__ import annotations

import tarfile
from typing import IO

from ops.recovery import deposit
from ops.recovery.home import Home

OUTSIDE = ("points", "evidence")
"""The directories whose files the operator keeps a copy of."""


def accept(home: Home, archive: IO[bytes], *, wait: float = 0.0) -> dict[str, object]:
    """Replace the deposit by the one in an archive and return what it is of."""
    with home.hold(wait):
        made = deposit.accept(home, archive)
    return {"site": made.site, "commit": made.commit, "deposited": made.deposited.isoformat()}


def export(home: Home, target: IO[bytes]) -> None:
    """Write all signed manifests, records and pages as one tar archive. Nothing of it is secret."""
    with tarfile.open(fileobj=target, mode="w|") as tar:
        for name in OUTSIDE:
            for path in sorted((home.root / name).glob("[!.]*.*")):
                tar.add(path, f"{name}/{path.name}", recursive=False)
