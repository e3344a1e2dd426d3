"""The content-addressed store: one directory for each finished artifact, whole or not there at all."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from ops import errors
from ops.bundle import manifest

_DRAFT = ".draft-"
_KEEP_SECONDS = 30 * 24 * 3600
_REMOVALS = 20
_REMOVAL_SECONDS = 0.25


class Store:
    """Artifacts under one cache directory. Writers must hold the build lock (ops.bundle.guard)."""

    def __init__(self, cache: Path) -> None:
        self.cache = cache
        self.directory = cache / "artifacts"
        self._stamps = cache / "stamps"

    def path(self, name: str, key: str) -> Path:
        """Return where an artifact lies or would lie; `a/b` becomes `a-b`."""
        return self.directory / f"{name.replace('/', '-')}-{key}"

    def find(self, name: str, key: str) -> Path | None:
        """Return an artifact's directory after checking it; None when there is none.

        Raise IntegrityError when it is there and damaged: `discard` it and make it anew.
        """
        path = self.path(name, key)
        if not path.is_dir():
            return None
        self.verify(path)
        return path

    def verify(self, path: Path, *, thorough: bool = False) -> None:
        """Check one artifact against its record. Raise IntegrityError when they differ."""
        stamp = self._stamp(path)
        manifest.verify(path, stamp, thorough=thorough)
        # The stamp's own time says when the artifact was last used.
        stamp.touch()

    def prune(self, keep: Collection[Path]) -> None:
        """Remove artifacts that are not among those to keep and that no build has used for a month."""
        for path in self.directory.iterdir():
            if path not in keep and not path.name.startswith(_DRAFT) and self._unused(path):
                path.rename(path.with_name(f"{_DRAFT}{path.name}"))
        self.sweep()

    def _unused(self, path: Path) -> bool:
        stamp = self._stamp(path)
        used = (stamp if stamp.exists() else path).stat().st_mtime
        return time.time() - used > _KEEP_SECONDS

    def _stamp(self, path: Path) -> Path:
        return self._stamps / f"{path.name}.json"

    def discard(self, name: str, key: str) -> None:
        """Remove an artifact. It is renamed first, so that a killed removal leaves no half artifact."""
        grave = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self.directory))
        self.path(name, key).replace(grave / "discarded")
        remove(grave)

    @contextlib.contextmanager
    def draft(self, name: str, key: str, inputs: Mapping[str, object]) -> Iterator[Path]:
        """Yield an empty directory; when the block ends well, it becomes the artifact in one step.

        When the block raises, nothing is left. Raise DiskFullError when the file system is full.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{name.replace('/', '-')}-", dir=self.directory))
        try:
            with disk_full_as_error(self.directory):
                yield draft
                manifest.write(draft, name, key, inputs)
                draft.chmod(0o755)
                _synchronise(draft)
                path = draft.rename(self.path(name, key))
                _synchronise_one(self.directory)
                manifest.stamp(path, self._stamp(path))
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise

    def sweep(self) -> None:
        """Remove what killed builds left behind."""
        for draft in self.directory.glob(f"{_DRAFT}*"):
            remove(draft)


def remove(directory: Path) -> None:
    """Remove a tree in which programs of a killed build may still be dying: they add and remove files for a moment.

    Raise OSError when something goes on to write there.
    """
    for _ in range(_REMOVALS):
        try:
            shutil.rmtree(directory)
        except FileNotFoundError:
            if not directory.exists():
                return
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
        else:
            return
        time.sleep(_REMOVAL_SECONDS)
    shutil.rmtree(directory)


@contextlib.contextmanager
def disk_full_as_error(place: Path) -> Iterator[None]:
    """Turn "no space left" (or over quota) inside the block into DiskFullError."""
    try:
        yield
    except OSError as error:
        if isinstance(error, errors.SitewrightError) or error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise errors.DiskFullError(
            f"no space left while writing {error.filename or 'an artifact'}",
            where=str(place),
            mend="free space there, or set XDG_CACHE_HOME to a larger file system, and build again",
        ) from error


def _synchronise(directory: Path) -> None:
    """Bring every file and directory of a tree onto the disk, so that the rename never outruns them."""
    for path in directory.rglob("*"):
        if not path.is_symlink():
            _synchronise_one(path)
    _synchronise_one(directory)


def _synchronise_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
