"""The record that lies in every finished artifact, and the check of an artifact against it.

Hashing gigabytes at every look-up would be slow, so a *stamp* outside the artifact remembers size, times and
inode of each file at the moment its hash was right. The kernel moves ctime at every write, rename and change of
times, and no program can set it back: a file whose stamp still fits is the file that was hashed. Where the stamp
does not fit, the file is hashed again. `thorough` ignores stamps, for the damage that a disk does by itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ops import errors
from ops.bundle import key

FILE = "artifact.json"


def write(directory: Path, name: str, artifact_key: str, inputs: Mapping[str, object]) -> None:
    """Given a directory with a finished artifact, record every file and link in it."""
    record: dict[str, Any] = {"name": name, "key": artifact_key, "inputs": dict(inputs), "files": {}, "links": {}}
    for path in sorted(directory.rglob("*")):
        relative = path.relative_to(directory).as_posix()
        if path.is_symlink():
            record["links"][relative] = os.readlink(path)  # noqa: PTH115 (the text of the link, not a path)
        elif path.is_file():
            record["files"][relative] = {"sha256": key.of_file(path), "size": path.stat().st_size}
    record["seal"] = key.of_text(key.canonical(record))
    (directory / FILE).write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def stamp(directory: Path, stamp_file: Path) -> None:
    """Given an artifact that has just been written and hashed, note that its files are right as they are."""
    _write_stamp(stamp_file, {relative: _identity(directory / relative) for relative in read(directory)["files"]})


def read(directory: Path) -> dict[str, Any]:
    """Return an artifact's record. Raise IntegrityError when it is missing, unreadable or altered."""
    path = directory / FILE
    try:
        record = json.loads(path.read_text())
        seal = record.pop("seal")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _broken(path, f"cannot be read ({error})") from error
    if seal != key.of_text(key.canonical(record)):
        raise _broken(path, "is not what was written")
    return dict(record)


def verify(directory: Path, stamp_file: Path, *, thorough: bool = False) -> None:
    """Given an artifact and the file of its stamp, return when every file is what was recorded.

    Refresh the stamp where it was stale. Raise IntegrityError for the first file that is missing or altered.
    """
    record = read(directory)
    known = {} if thorough else _read_stamp(stamp_file)
    fresh = {}
    for relative, expected in record["files"].items():
        path = directory / relative
        try:
            fresh[relative] = _identity(path)
            if fresh[relative] == known.get(relative):
                continue
            intact = path.stat().st_size == expected["size"] and key.of_file(path) == expected["sha256"]
        except OSError as error:
            raise _broken(path, f"cannot be read ({error.strerror})") from error
        if not intact:
            raise _broken(path, "is not what was recorded")
    for relative, target in record["links"].items():
        path = directory / relative
        if not path.is_symlink() or os.readlink(path) != target:  # noqa: PTH115 (the text of the link)
            raise _broken(path, "is not the link that was recorded")
    if fresh != known:
        _write_stamp(stamp_file, fresh)


def _identity(path: Path) -> list[int]:
    """Return the numbers that change when a file is written or replaced."""
    status = path.lstat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _read_stamp(path: Path) -> dict[str, list[int]]:
    """Return a stamp; empty when there is none or it is damaged, which only costs hashing."""
    try:
        stamp = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def _write_stamp(path: Path, stamp: Mapping[str, list[int]]) -> None:
    """Replace a stamp in one step, so that a reader never sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(stamp))
    draft.replace(path)


def _broken(path: Path, why: str) -> errors.IntegrityError:
    return errors.IntegrityError(
        f"{path.name} {why}",
        where=str(path),
        mend="run the bundle build again; it makes a damaged artifact anew",
    )
