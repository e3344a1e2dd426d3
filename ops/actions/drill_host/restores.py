"""Restore members of a recovery point for the operator: compared with the manifest, then packed into one archive."""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

from ops import errors
from ops.recovery import restore, vault
from ops.recovery.home import Home
from ops.recovery.point import Kind

RESTORE_SECONDS = 12 * 3600.0
_SCRATCH = "restore"


def restore_members(
    home: Home, identifier: str, kinds: Sequence[str], into: Path, say: Callable[[str], None], *, wait: float = 0.0
) -> dict[str, object]:
    """Write the members of a recovery point to a tar archive that only root may read, and return what is in it.

    Raise SpecError for an unknown kind, NotFoundError for an unknown point, and what a restore raises.
    """
    wanted = [_kind(kind) for kind in kinds]
    with home.hold(wait), home.scratch_directory(_SCRATCH) as place:
        site = vault.site(home)
        entry = vault.find(home, site, identifier)
        repository = vault.for_drill(home, site)
        restore.confirm_repository(repository, entry.point)
        for kind in wanted:
            say(f"restoring {kind}")
            restore.restore(repository, entry.point.member(kind), place / kind, timeout=RESTORE_SECONDS)
        descriptor = os.open(into, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
            for kind in wanted:
                tar.add(place / kind, str(kind))
    return {"recovery_point": entry.point.id, "members": [str(kind) for kind in wanted], "archive": str(into)}


def _kind(text: str) -> Kind:
    try:
        return Kind(text)
    except ValueError as error:
        raise errors.SpecError(
            f"'{text}' is no kind of member", where="--member", mend=f"one of: {', '.join(Kind)}"
        ) from error
