"""SHA-256 of every file of a tree, several files at a time, and what differs between two trees."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import pydantic

from ops import errors
from ops.recovery import canonical

_BLOCK = 2**20
"""Bytes read at a time: hashlib gives up the interpreter lock for the whole block, so that threads run side by side."""

_SHOWN = 3


class File(canonical.Statement):
    """One file or symbolic link of a tree. Of a link, size and hash are those of its target's text."""

    path: str
    """Relative to the tree, with slashes."""
    size: int = pydantic.Field(ge=0)
    sha256: str = pydantic.Field(pattern=r"^[0-9a-f]{64}$")
    link: str | None = None


@dataclasses.dataclass(frozen=True)
class Differences:
    """How a tree differs from what it should be; paths, sorted."""

    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    changed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.unexpected or self.changed)

    def __str__(self) -> str:
        parts = []
        for name in ("missing", "unexpected", "changed"):
            paths = getattr(self, name)
            if paths:
                more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
                parts.append(f"{name}: {', '.join(paths[:_SHOWN])}{more}")
        return "; ".join(parts) or "none"


def hash_tree(directory: Path, *, workers: int | None = None) -> tuple[File, ...]:
    """Return every file and link below a directory with its SHA-256, sorted by path. Links are not followed.

    `workers` files are read at a time, as many as there are processors by default. Raise IntegrityError on a file
    that changes while it is read, on a device, socket or pipe, and on a name that is not UTF-8; raise OSError when
    something cannot be read.
    """
    found = sorted(_walk(directory), key=lambda path: path.lstat().st_size, reverse=True)
    with concurrent.futures.ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        files = pool.map(lambda path: _describe(directory, path), found)
        return tuple(sorted(files, key=lambda file: file.path))


def differences(expected: Iterable[File], found: Iterable[File]) -> Differences:
    """Return what of `expected` is missing or changed in `found`, and what there is beside it."""
    wanted = {file.path: file for file in expected}
    there = {file.path: file for file in found}
    return Differences(
        missing=tuple(sorted(wanted.keys() - there.keys())),
        unexpected=tuple(sorted(there.keys() - wanted.keys())),
        changed=tuple(sorted(path for path in wanted.keys() & there.keys() if wanted[path] != there[path])),
    )


def tree_digest(files: Iterable[File]) -> str:
    """Return one hash for a whole tree: SHA-256 of the canonical list of its files, as in a model's manifest."""
    ordered = sorted(files, key=lambda file: file.path)
    return canonical.digest({"files": [file.value() for file in ordered]})


def _walk(directory: Path) -> Iterator[Path]:
    with os.scandir(directory) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path))
            else:
                yield Path(entry.path)


def _describe(directory: Path, path: Path) -> File:
    name = path.relative_to(directory).as_posix()
    status = path.lstat()
    link = str(path.readlink()) if stat.S_ISLNK(status.st_mode) else None
    try:
        name.encode()
        target = link.encode() if link is not None else b""
    except UnicodeEncodeError as error:
        raise _unfit(path, "its name or its target is not UTF-8") from error
    if link is not None:
        return File(path=name, size=len(target), sha256=hashlib.sha256(target).hexdigest(), link=link)
    if not stat.S_ISREG(status.st_mode):
        raise _unfit(path, "it is neither a file nor a link")
    size, digest = _hash_file(path)
    return File(path=name, size=size, sha256=digest)


def _hash_file(path: Path) -> tuple[int, str]:
    """Return size and SHA-256 of a file that stays the same while it is read."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        before = os.fstat(file.fileno())
        block = memoryview(bytearray(min(_BLOCK, before.st_size + 1)))
        while count := file.readinto(block):
            digest.update(block[:count])
        after = os.fstat(file.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise _unfit(path, "it changed while it was read")
    return after.st_size, digest.hexdigest()


def _unfit(path: Path, reason: str) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"cannot hash this tree: {reason}", where=repr(path), mend="take it out of the tree, or stop what writes it"
    )
