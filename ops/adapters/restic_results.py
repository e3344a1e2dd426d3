"""What restic answers, typed: the JSON it prints, and what sitewright makes of it once it is checked."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from collections.abc import Callable
from pathlib import Path

import pydantic


class Compression(enum.StrEnum):
    """What restic does to new data before it encrypts it."""

    OFF = "off"
    """For model weights: `auto` saves nothing on them and `max` runs at 5 MB/s."""
    MAX = "max"
    """For state, etcd and configuration."""


class _Said(pydantic.BaseModel):
    """A JSON object of restic; fields that a later version adds are no error."""

    model_config = pydantic.ConfigDict(frozen=True, extra="ignore")


class Progress(_Said):
    """How far a backup or restore is; zeros are left out by restic."""

    percent_done: float = 0.0
    total_files: int = 0
    files_done: int = 0
    files_restored: int = 0
    total_bytes: int = 0
    bytes_done: int = 0
    bytes_restored: int = 0


OnProgress = Callable[[Progress], None]
"""Is told, about once a second, how far restic is."""


class Snapshot(_Said):
    """One snapshot as the repository lists it. `time` is when its backup started."""

    id: str
    time: pydantic.AwareDatetime
    hostname: str = ""
    paths: tuple[str, ...] = ()
    tags: tuple[str, ...] | None = None
    program_version: str = ""


class Key(_Said):
    """One key that opens the repository."""

    id: str
    user: str = pydantic.Field(alias="userName")
    host: str = pydantic.Field(alias="hostName")
    created: str
    current: bool = False


class Entry(_Said):
    """One thing in a snapshot: `type` is 'file', 'dir', 'symlink', …; `size` is in bytes."""

    path: str
    type: str
    size: int = 0


class BackupSummary(_Said):
    """The last line of `backup`; printed only when a snapshot was written."""

    snapshot_id: str
    backup_start: pydantic.AwareDatetime
    backup_end: pydantic.AwareDatetime
    total_files_processed: int
    total_bytes_processed: int
    data_added: int = 0


class RestoreSummary(_Said):
    """The last line of `restore`; printed after a failed restore too. Entries are files, directories and links."""

    total_files: int = 0
    files_restored: int = 0
    files_skipped: int = 0
    total_bytes: int = 0
    bytes_restored: int = 0
    bytes_skipped: int = 0


class CheckSummary(_Said):
    """The last line of `check`."""

    num_errors: int
    broken_packs: tuple[str, ...] | None = None
    suggest_repair_index: bool = False


@dataclasses.dataclass(frozen=True)
class Source:
    """One file or directory to back up, and the fewest files and bytes that must arrive from it."""

    path: Path
    minimum_files: int = 1
    minimum_bytes: int = 1


@dataclasses.dataclass(frozen=True)
class Backup:
    """A backup that is in the repository. `started` is the moment it speaks for; sizes are in bytes."""

    snapshot: str
    started: datetime.datetime
    ended: datetime.datetime
    files: int
    size: int
    added: int


@dataclasses.dataclass(frozen=True)
class Restored:
    """What a restore wrote: entries (files, directories and links) and bytes, in seconds."""

    entries: int
    size: int
    seconds: float


@dataclasses.dataclass(frozen=True)
class Part:
    """Part `number` (from 1) of `of` equal parts of a repository's packs; all parts together are every byte."""

    number: int
    of: int


@dataclasses.dataclass(frozen=True)
class Retention:
    """Which snapshots stay, by age: '48h', '30d', '12m', '2y'.

    By age and not by count: a forged snapshot with a future date would push good ones out of a count (restic's
    doc/060_forget.rst, "Security considerations").
    """

    within: str
    within_daily: str | None = None
    within_weekly: str | None = None
    within_monthly: str | None = None


@dataclasses.dataclass(frozen=True)
class Forgotten:
    """The ids of the snapshots that a `forget` kept and removed."""

    kept: tuple[str, ...]
    removed: tuple[str, ...]
