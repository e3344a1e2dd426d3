"""The recovery points of a site: one signed manifest a file, in one directory."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ops import errors
from ops.adapters import files
from ops.recovery import point, signing
from ops.recovery.point import RecoveryPoint


@dataclasses.dataclass(frozen=True)
class Entry:
    """A recovery point whose manifest was verified, and the hash of that file."""

    path: Path
    sha256: str
    point: RecoveryPoint


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """What a directory of manifests holds, oldest first; `refused` are files that are not as they were signed."""

    entries: tuple[Entry, ...]
    refused: tuple[errors.IntegrityError, ...]


def add(directory: Path, made: RecoveryPoint, signer: signing.Signer, *, now: datetime.datetime) -> Path:
    """Sign a recovery point and write its manifest; return the file."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / f"{made.id}.json"
    files.write_whole(path, signer.seal(made, now))
    return path


def read(directory: Path, root: Ed25519PublicKey, *, site: str) -> Catalogue:
    """Return every manifest of a directory, verified. One that is refused does not hide the others."""
    entries, refused = [], []
    for path in sorted(directory.glob("*.json")):
        try:
            entries.append(_open(path, root, site))
        except errors.IntegrityError as error:
            refused.append(error)
    return Catalogue(tuple(entries), tuple(refused))


def find(directory: Path, root: Ed25519PublicKey, *, site: str, identifier: str | None = None) -> Entry:
    """Return the recovery point of an id, or the newest one.

    Raise IntegrityError when its manifest is refused, NotFoundError when there is none. The newest is only the newest
    that verifies: a damaged file is told by `read`.
    """
    if identifier is not None:
        path = directory / f"{identifier}.json"
        if not path.is_file():
            raise _none(directory, f"no recovery point {identifier}")
        return _open(path, root, site)
    entries = read(directory, root, site=site).entries
    if not entries:
        raise _none(directory, "no recovery point")
    return entries[-1]


def _open(path: Path, root: Ed25519PublicKey, site: str) -> Entry:
    data = path.read_bytes()
    found = point.open_point(data, root, site=site, where=str(path))
    if path.name != f"{found.id}.json":
        raise errors.IntegrityError(
            f"the manifest is refused: it is of {found.id}", where=str(path), mend="give the file its own name again"
        )
    return Entry(path, hashlib.sha256(data).hexdigest(), found)


def _none(directory: Path, what: str) -> errors.NotFoundError:
    return errors.NotFoundError(f"there is {what}", where=str(directory), mend="list them, or make one by a backup")
