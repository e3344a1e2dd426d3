"""Remove what is older than the site keeps: snapshots, the data that none needs, and the manifests of what is gone.

The backup server lets nobody remove anything, so this runs beside it on its own disk, under the lock of the drill host.
Nothing goes before a sweep has found its part sound, and nothing goes at all while no recovery point is young enough.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from ops.adapters import restic
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import Retention, Snapshot
from ops.recovery import catalogue, vault
from ops.recovery.catalogue import Entry
from ops.recovery.home import Home
from ops.recovery.point import Kind

PRUNE_SECONDS = 12 * 3600.0
_PRUNE_DUE = "prune-due"
"""There from the first removed snapshot to the end of the prune: a killed run is made good by the next."""


@dataclasses.dataclass(frozen=True)
class Removed:
    """What a retention took away."""

    snapshots: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


def apply(place: Home, now: datetime.datetime, say: Callable[[str], None]) -> Removed:
    """Remove what the site no longer keeps, and return what that was; the caller holds the lock.

    Raise as `restic.forget` and `restic.prune` do.
    """
    site = vault.site(place)
    keep = datetime.timedelta(seconds=site.recovery.keep)
    entries = catalogue.read(place.points, vault.root(place), site=site.name).entries
    if not entries or entries[-1].point.ended < now - keep:
        say("no recovery point is younger than recovery.keep: nothing is removed")
        return Removed()
    repository = vault.for_administration(place, site)
    vault.confirm(place, repository)
    directory = Path(repository.location)
    try:
        snapshots = _forget(place, repository, site.name, keep)
        if (place.state / _PRUNE_DUE).exists():
            say(f"removing the data of {len(snapshots)} snapshots")
            restic.prune(repository, timeout=PRUNE_SECONDS)
            (place.state / _PRUNE_DUE).unlink()
    finally:
        _give_to_server(directory)
    left = {snapshot.id for snapshot in restic.snapshots(repository)}
    gone = tuple(entry for entry in entries if outlived(entry, left, entries[-1].point.ended - keep))
    for entry in gone:
        entry.path.unlink()
    return Removed(snapshots, tuple(entry.point.id for entry in gone))


def outlived(entry: Entry, snapshots: set[str], before: datetime.datetime) -> bool:
    """Say whether a point is older than a moment and has lost a snapshot: one that has lost it too early is damage."""
    return entry.point.ended < before and any(member.snapshot not in snapshots for member in entry.point.members)


def hours(keep: datetime.timedelta) -> str:
    """Return a time as restic takes it, in whole hours, rounded up."""
    return f"{math.ceil(keep.total_seconds() / 3600)}h"


def old_kinds(snapshots: Iterable[Snapshot], keep: datetime.timedelta) -> list[Kind]:
    """Return the kinds of which a snapshot is older than is kept: only these are worth a run of restic."""
    times = {kind: [snapshot.time for snapshot in snapshots if kind in (snapshot.tags or ())] for kind in Kind}
    return [kind for kind, found in times.items() if found and min(found) < max(found) - keep]


def _forget(place: Home, repository: Repository, host: str, keep: datetime.timedelta) -> tuple[str, ...]:
    """Forget old snapshots of each kind: restic counts from the newest of them that is not in the future."""
    removed: list[str] = []
    for kind in old_kinds(restic.snapshots(repository, host=host), keep):
        # before and not after: a run that dies between the two leaves data that only a prune removes
        (place.state / _PRUNE_DUE).touch(mode=0o600)
        removed += restic.forget(repository, Retention(hours(keep)), host=host, tag=kind).removed
    return tuple(removed)


def _give_to_server(directory: Path) -> None:
    """Give what root has written in the repository to the server's account, which owns the directory."""
    owner = directory.stat()
    for where, names, files in os.walk(directory):
        for name in (*names, *files):
            path = Path(where, name)
            if path.stat().st_uid != owner.st_uid:
                os.chown(path, owner.st_uid, owner.st_gid)
