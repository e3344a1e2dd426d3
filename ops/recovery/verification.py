"""Prove that a recovery point can be had back: every member is restored, hashed and compared with the manifest."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ops.recovery import restore, vault
from ops.recovery.catalogue import Entry
from ops.recovery.home import Home
from ops.recovery.point import Kind
from ops.recovery.restore import Restored

RESTORE_SECONDS = 12 * 3600.0


def verify(place: Home, entry: Entry, say: Callable[[str], None]) -> Mapping[Kind, Restored]:
    """Restore each member into a directory of its own, compare, and wipe it; the caller holds the lock.

    Raise WrongRepositoryError, NoSpaceError, DamagedError or IntegrityError with the first cause found.
    """
    site = vault.site(place)
    repository = vault.for_drill(place, site)
    restore.confirm_repository(repository, entry.point)
    results = {}
    for member in entry.point.members:
        with place.scratch_directory(f"verify-{member.kind}") as target:
            results[member.kind] = restore.restore(repository, member, target, timeout=RESTORE_SECONDS)
        say(f"{member.kind}: {len(member.files)} files, {member.size} bytes are as they were signed")
    return results
