"""Back up one member of a recovery point, and hash it while restic reads it."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime
import stat
from pathlib import Path

from ops import errors
from ops.adapters import restic
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import Compression, OnProgress, Source
from ops.recovery import hashing
from ops.recovery.point import EtcdState, Kind, Member


@dataclasses.dataclass(frozen=True)
class _Seen:
    """What changes when a file is written to or replaced, and not when it is read."""

    is_file: bool
    inode: int
    size: int
    changed_ns: int


def capture(
    repository: Repository,
    kind: Kind,
    directory: Path,
    *,
    host: str,
    timeout: float,
    etcd: EtcdState | None = None,
    progress: OnProgress | None = None,
) -> Member:
    """Back up a directory as one member, and return it with the hash of every file.

    The snapshot is tagged with the kind. `timeout` is in seconds. Raise IntegrityError when the directory is empty or
    changes meanwhile, since the hashes would then not be those of the backup; else raise as `restic.backup` does.
    """
    real = directory.resolve()
    before = _look(real)
    source = _declare(kind, real, before)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        hashes = pool.submit(hashing.hash_tree, real)
        backup = restic.backup(
            repository,
            [source],
            host=host,
            tags=[kind],
            compression=compression(kind),
            timeout=timeout,
            progress=progress,
        )
        files = hashes.result()
    if _look(real) != before:
        raise _changed(kind, real)
    return Member(
        kind=kind,
        snapshot=backup.snapshot,
        folder=str(real),
        taken=backup.started.astimezone(datetime.UTC),
        files=files,
        etcd=etcd,
    )


def _changed(kind: Kind, directory: Path) -> errors.IntegrityError:
    mend = "stop what writes it, then back up again"
    return errors.IntegrityError(f"{kind} changed while it was backed up", where=str(directory), mend=mend)


def compression(kind: Kind) -> Compression:
    """Return how a kind is compressed: weights cannot be, the rest is small and text."""
    return Compression.OFF if kind is Kind.MODELS else Compression.MAX


def _declare(kind: Kind, directory: Path, seen: dict[Path, _Seen]) -> Source:
    """Return a source of which every file and byte must arrive. Raise IntegrityError when there is none."""
    if not seen:
        raise errors.IntegrityError(
            f"there is nothing to back up as {kind}", where=str(directory), mend="look why it is empty"
        )
    sizes = [item.size for item in seen.values() if item.is_file]
    return Source(directory, minimum_files=len(sizes), minimum_bytes=sum(sizes))


def _look(directory: Path) -> dict[Path, _Seen]:
    """Return the state of everything below a directory that is not itself a directory."""
    seen = {}
    for path in directory.rglob("*"):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            seen[path] = _Seen(stat.S_ISREG(status.st_mode), status.st_ino, status.st_size, status.st_ctime_ns)
    return seen
