"""Bring back one member of a recovery point into an empty directory, and prove that it is the same."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path, PurePosixPath

from ops import errors
from ops.adapters import restic, restic_errors
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import OnProgress
from ops.recovery import hashing
from ops.recovery.point import Member, RecoveryPoint

_RESERVE_BYTES = 64 * 2**20
"""Free bytes that a restore leaves, for the file system's own records."""


@dataclasses.dataclass(frozen=True)
class Restored:
    """A member that is back and equal to what was backed up; sizes in bytes, times in seconds."""

    files: int
    size: int
    restore_seconds: float
    hash_seconds: float


def confirm_repository(repository: Repository, point: RecoveryPoint) -> None:
    """Raise WrongRepositoryError when a repository is not the one that holds a recovery point."""
    restic.identity(repository, expected=point.repository)


def restore(
    repository: Repository,
    member: Member,
    target: Path,
    *,
    timeout: float,
    progress: OnProgress | None = None,
) -> Restored:
    """Restore a member into an empty directory and hash it independently of restic.

    `timeout` is in seconds. Raise NoSpaceError before anything is written when it cannot fit, IntegrityError that
    names the files when what came back is not what was backed up, else raise as `restic.restore` does.
    """
    _refuse_small_disk(member, target)
    folder = PurePosixPath(member.folder)
    back = restic.restore(repository, member.snapshot, target, folder=folder, timeout=timeout, progress=progress)
    started = time.monotonic()
    verify(member, target)
    return Restored(len(member.files), member.size, back.seconds, time.monotonic() - started)


def verify(member: Member, directory: Path) -> None:
    """Hash a directory and raise IntegrityError, naming the files, when it is not the member that was backed up."""
    found = hashing.differences(member.files, hashing.hash_tree(directory))
    if found:
        raise errors.IntegrityError(
            f"{member.kind} is not what was backed up: {found}",
            where=str(directory),
            mend="restore it again into an empty directory; if it stays so, take another recovery point",
        )


def _refuse_small_disk(member: Member, target: Path) -> None:
    place = next(path for path in (target, *target.parents) if path.exists())
    status = os.statvfs(place)
    free = status.f_bavail * status.f_frsize
    needed = member.size + _RESERVE_BYTES
    if free < needed:
        raise restic_errors.NoSpaceError(
            f"{member.kind} needs {needed} bytes, {free} are free; nothing was written",
            where=str(place),
            mend=restic_errors.MENDS[restic_errors.NoSpaceError],
        )
