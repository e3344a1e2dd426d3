"""Where recovery has its things on the drill host, and the one lock over them."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from ops import errors
from ops.plan import recovery

DEFAULT = Path("/var/lib/sitewright/recovery")
METRICS = Path("/var/lib/prometheus/node-exporter")
"""Debian's node exporter reads text files there (package prometheus-node-exporter)."""
_PAUSE_SECONDS = 0.2


@dataclasses.dataclass(frozen=True)
class Home:
    """The directories below one root; all are root's alone."""

    root: Path = DEFAULT
    metrics: Path = METRICS
    repositories: Path = Path(recovery.REPOSITORIES)
    """Where the backup server on this host keeps its repositories."""

    @property
    def points(self) -> Path:
        """Signed manifests of recovery points."""
        return self.root / "points"

    @property
    def evidence(self) -> Path:
        """Signed records of drills, chained, and their pages."""
        return self.root / "evidence"

    @property
    def deposit(self) -> Path:
        """What the operator has deposited: spec, state, hashes, lock, host keys."""
        return self.root / "deposit"

    @property
    def keys(self) -> Path:
        """Keys, certificates and passwords."""
        return self.root / "keys"

    @property
    def staging(self) -> Path:
        """What a backup under way has collected."""
        return self.root / "staging"

    @property
    def models(self) -> Path:
        """The models as the registry holds them, kept between backups so that only new bytes travel."""
        return self.root / "models"

    @property
    def scratch(self) -> Path:
        """What drills and checks have restored; each wipes its own."""
        return self.root / "scratch"

    @property
    def cache(self) -> Path:
        """Restic's cache, for backups only."""
        return self.root / "cache"

    @property
    def state(self) -> Path:
        """Which repository this is, and which parts of it have been read."""
        return self.root / "state"

    @contextlib.contextmanager
    def hold(self, wait: float = 0.0) -> Iterator[None]:
        """Hold the lock over backup, sweep and drills for the block; the kernel frees it when its holder dies.

        Wait up to so many seconds for it; raise LockedError, naming the holder, when another run has it still.
        """
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.root / "lock"
        deadline = time.monotonic() + wait
        with path.open("a+", encoding="utf-8") as file:
            while not _taken(file.fileno()):
                if time.monotonic() >= deadline:
                    raise _locked(path)
                time.sleep(_PAUSE_SECONDS)
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            yield

    @contextlib.contextmanager
    def scratch_directory(self, name: str) -> Iterator[Path]:
        """Give an empty directory below `scratch` for the block, and wipe it afterwards; raise as the block does."""
        place = self.scratch / name
        wipe(place)
        place.mkdir(mode=0o700, parents=True)
        try:
            yield place
        finally:
            wipe(place)


def wipe(directory: Path) -> None:
    """Remove a directory with all that is in it, where it is there."""
    if directory.exists():
        shutil.rmtree(directory)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _locked(path: Path) -> errors.LockedError:
    holder = path.read_text(encoding="utf-8").strip() or "unknown"
    return errors.LockedError(
        f"another backup, sweep or drill is under way (process {holder})",
        where=str(path),
        mend=f"wait until process {holder} ends, then run again; or give --wait SECONDS",
    )
