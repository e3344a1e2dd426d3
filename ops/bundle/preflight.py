"""Says what a build will lack before it begins: host programs, space, root."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from ops import errors
from ops.bundle import lock, recipe

_PROGRAMS = {
    "apt-get": "apt",
    "chroot": "coreutils",
    "dpkg-deb": "dpkg",
    "mmdebstrap": "mmdebstrap",
    "setpriv": "util-linux",
    "tar": "tar",
    "unshare": "util-linux",
    "zstd": "zstd",
}
"""Host program → Debian package that brings it."""

_SCRATCH_SHARE = 1.5
"""A build needs the room of its artifacts and half as much again while it works (measured)."""

_CACHE_BYTES_PER_SECOND = 8_000_000
"""Growth of Go's caches for each expected second of compiling: about 10 GB for all programs (measured)."""


def check(todo: Sequence[recipe.Recipe], cache: Path) -> None:
    """Given the recipes to be made, return when this machine can make them.

    Raise NotFoundError for missing weights, PrerequisiteError for a missing program or missing root, DiskFullError
    when space will not do.
    """
    absent = [path for item in todo for path in item.sources if not path.exists()]
    if absent:
        raise errors.NotFoundError(
            f"there are no weights at {', '.join(map(str, absent))}",
            where=", ".join(item.name for item in todo if item.sources),
            mend="put them there, or correct `path` in the model's card",
        )
    only_root = [item.name for item in todo if item.root]
    if only_root and os.geteuid() != 0:
        raise errors.PrerequisiteError(
            "root file systems keep their owners, so only root can build them",
            where=", ".join(only_root),
            mend="run the same command as root",
        )
    called = {"setpriv", *(name for item in todo for name in item.programs)}
    missing = sorted({_PROGRAMS[name] for name in called if shutil.which(name) is None})
    if missing:
        raise errors.PrerequisiteError(
            f"this machine lacks the Debian packages {', '.join(missing)}",
            where=str(lock.FILE),
            mend=f"apt-get install {' '.join(missing)}",
        )
    cache.mkdir(parents=True, exist_ok=True)
    needed = bytes_needed(todo)
    free = shutil.disk_usage(cache).free
    if free < needed:
        raise errors.DiskFullError(
            f"the build needs about {needed / 1e9:.1f} GB, {free / 1e9:.1f} GB are free",
            where=str(cache),
            mend="free space there, or set XDG_CACHE_HOME to a larger file system",
        )


def bytes_needed(todo: Sequence[recipe.Recipe]) -> int:
    """Return about how many bytes of the cache's file system a build of these recipes takes."""
    artifacts = sum(item.size for item in todo) * _SCRATCH_SHARE
    compiling = sum(item.seconds for item in todo if item.lane is recipe.Lane.COMPILE)
    return int(artifacts + compiling * _CACHE_BYTES_PER_SECOND)
