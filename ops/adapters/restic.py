"""What sitewright asks of restic. Success is never the exit code alone: every verb checks what it was promised.

The rules come from restic 0.18 and 0.19 as measured: a summary line is printed even when a restore fails, a missing
source ends with code 0 in 0.18, and a plain `check` does not see a flipped byte.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TypeVar

import pydantic

from ops import errors
from ops.adapters import restic_errors, restic_lines, restic_process, restic_repository
from ops.adapters.restic_repository import Repository
from ops.adapters.restic_results import (
    Backup,
    BackupSummary,
    CheckSummary,
    Compression,
    Entry,
    Forgotten,
    Key,
    OnProgress,
    Part,
    Progress,
    Restored,
    RestoreSummary,
    Retention,
    Snapshot,
    Source,
)

RETRY_LOCK = "10s"
"""How long restic itself waits for a lock that another run holds."""

_LOCK_ATTEMPTS = 3
"""How often stale locks are removed before another run's lock is believed: its holder may die while we wait."""

SHORT_SECONDS = 180.0
"""Time limit of the verbs that read only a repository's metadata."""

_Parsed = TypeVar("_Parsed", bound=pydantic.BaseModel)


def initialise(repository: Repository) -> str:
    """Make the repository where there is none, and return the id of the one that is there now.

    Raise as `identity` does.
    """
    try:
        return identity(repository)
    except restic_errors.RepositoryMissingError:
        _run(repository, ["init", "--repository-version", "2"], doing="make the repository", timeout=SHORT_SECONDS)
        return identity(repository)


def identity(repository: Repository, *, expected: str | None = None) -> str:
    """Return the repository's id, 64 hex digits, from its encrypted config.

    Raise WrongRepositoryError when it is not the `expected` one, else an error of restic_errors that names the cause.
    """
    document = _document(repository, ["cat", "config"], doing="open the repository")
    found = document.get("id") if isinstance(document, dict) else None
    if not isinstance(found, str):
        raise _unread(repository, "the repository's config has no id")
    if expected is not None and found != expected:
        raise restic_errors.WrongRepositoryError(
            f"this is repository {found[:8]}, recorded was {expected[:8]}",
            where=repository.location,
            mend=restic_errors.MENDS[restic_errors.WrongRepositoryError],
        )
    return found


def backup(
    repository: Repository,
    sources: Sequence[Source],
    *,
    host: str,
    tags: Sequence[str] = (),
    compression: Compression,
    exclude: Sequence[str] = (),
    timeout: float,
    progress: OnProgress | None = None,
) -> Backup:
    """Back up the sources as one snapshot, read its tree back, and return it.

    `host` is the name that the snapshot goes under, `timeout` in seconds. Raise IncompleteBackupError when a source is
    missing or less than its minimum is in the snapshot, else an error of restic_errors that names the cause.
    """
    paths = [_present(source) for source in sources]
    words = ["backup", f"--compression={compression}", f"--host={host}", f"--retry-lock={RETRY_LOCK}"]
    words += [f"--tag={tag}" for tag in tags] + [f"--exclude={pattern}" for pattern in exclude]
    words += ["--", *map(str, paths)]
    doing = "back up " + ", ".join(map(str, paths))
    outcome = _run(repository, words, doing=doing, timeout=timeout, listen=_reporter(progress))
    summary = _parsed(BackupSummary, outcome.summary)
    if summary is None or outcome.error_count:
        raise restic_errors.failure(outcome, where=repository.location, doing=doing)
    wanted = sum(source.minimum_files for source in sources)
    if summary.total_files_processed < wanted:
        raise _incomplete(str(paths[0]), f"{summary.total_files_processed} of at least {wanted} files were backed up")
    _confirm(repository, summary.snapshot_id, dict(zip(paths, sources, strict=True)))
    return Backup(
        snapshot=summary.snapshot_id,
        started=summary.backup_start,
        ended=summary.backup_end,
        files=summary.total_files_processed,
        size=summary.total_bytes_processed,
        added=summary.data_added,
    )


def snapshots(repository: Repository, *, host: str | None = None, tag: str | None = None) -> tuple[Snapshot, ...]:
    """Return the repository's snapshots, oldest first; `host` and `tag` narrow them."""
    words = ["snapshots"] + ([f"--host={host}"] if host else []) + ([f"--tag={tag}"] if tag else [])
    listed = _many(repository, Snapshot, words, doing="list the snapshots")
    return tuple(sorted(listed, key=lambda snapshot: snapshot.time))


def keys(repository: Repository) -> tuple[Key, ...]:
    """Return the keys that open the repository."""
    return _many(repository, Key, ["key", "list"], doing="list the keys")


def restore(
    repository: Repository,
    snapshot: str,
    target: Path,
    *,
    folder: PurePosixPath | None = None,
    timeout: float,
    progress: OnProgress | None = None,
) -> Restored:
    """Restore a snapshot, or one folder of it, into an empty directory, which is made when it is missing.

    What was written must still be hashed against a manifest: restic's own word is not proof. `timeout` in seconds.
    Raise PrerequisiteError when the directory is not empty, IncompleteRestoreError when less came back than the
    snapshot holds, else an error of restic_errors that names the cause.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(target.iterdir()):
        raise errors.PrerequisiteError(
            "the directory to restore into is not empty", where=str(target), mend="name a new or an empty directory"
        )
    what = snapshot if folder is None else f"{snapshot}:{folder}"
    # `if-changed` trusts size and time: an interrupted restore leaves files of full size with wrong bytes.
    words = ["restore", what, "--target", str(target), "--overwrite", "always", f"--retry-lock={RETRY_LOCK}"]
    started = time.monotonic()
    doing = f"restore {what[:80]}"
    outcome = _run(repository, words, doing=doing, timeout=timeout, listen=_reporter(progress))
    summary = _parsed(RestoreSummary, outcome.summary)
    if summary is None or outcome.error_count:
        raise restic_errors.failure(outcome, where=repository.location, doing=doing)
    entries = summary.files_restored + summary.files_skipped
    size = summary.bytes_restored + summary.bytes_skipped
    if not entries or (entries, size) != (summary.total_files, summary.total_bytes):
        raise restic_errors.IncompleteRestoreError(
            f"{entries} of {summary.total_files} entries and {size} of {summary.total_bytes} bytes came back",
            where=str(target),
            mend=restic_errors.MENDS[restic_errors.IncompleteRestoreError],
        )
    return Restored(entries, size, time.monotonic() - started)


def check(repository: Repository, *, part: Part | None = None, timeout: float) -> None:
    """Check the repository's structure, and with a `part` also every byte of that part of its packs.

    Raise DamagedError, naming the packs, when anything is not what was stored. `Part(1, 1)` reads everything.
    """
    words = ["check", f"--retry-lock={RETRY_LOCK}"]
    words += [f"--read-data-subset={part.number}/{part.of}"] if part else []
    outcome = _run_alone(repository, words, doing="check the repository", timeout=timeout)
    summary = _parsed(CheckSummary, outcome.summary)
    if summary is None or summary.num_errors or summary.broken_packs or outcome.error_count:
        raise restic_errors.failure(outcome, where=repository.location, doing="check the repository")


def forget(repository: Repository, keep: Retention, *, host: str, tag: str) -> Forgotten:
    """Remove the snapshots of one host and tag that a retention does not keep; their data stays until `prune`.

    Raise AccessDeniedError when they are still listed afterwards: against an append-only server restic 0.18 reports
    them as removed and ends with 0.
    """
    ages = {
        "within": keep.within,
        "within-daily": keep.within_daily,
        "within-weekly": keep.within_weekly,
        "within-monthly": keep.within_monthly,
    }
    words = ["forget", f"--host={host}", f"--tag={tag}", "--group-by=host,tags", f"--retry-lock={RETRY_LOCK}"]
    words += [f"--keep-{name}={age}" for name, age in ages.items() if age is not None]
    outcome = _run_alone(repository, words, doing="forget old snapshots", timeout=SHORT_SECONDS, document=True)
    groups = _decoded(repository, words, outcome)
    if not isinstance(groups, list):
        raise _unread(repository, "the answer of `forget` is no list")
    forgotten = Forgotten(kept=_ids(groups, "keep"), removed=_ids(groups, "remove"))
    left = {snapshot.id for snapshot in snapshots(repository, host=host, tag=tag)} & set(forgotten.removed)
    if left:
        raise restic_errors.AccessDeniedError(
            f"{len(left)} of {len(forgotten.removed)} snapshots that should go are still there",
            where=repository.location,
            mend=restic_errors.MENDS[restic_errors.AccessDeniedError],
        )
    return forgotten


def prune(repository: Repository, *, timeout: float) -> None:
    """Remove the data that no snapshot needs any more. It is a run of its own: it may take hours."""
    _run_alone(repository, ["prune", f"--retry-lock={RETRY_LOCK}"], doing="prune the repository", timeout=timeout)


def unlock(repository: Repository) -> None:
    """Remove locks of dead runs: of this machine at once, of others when they are 30 minutes old. Never live ones."""
    if not repository.read_only:
        _run(repository, ["unlock"], doing="remove stale locks", timeout=SHORT_SECONDS, tidy=False)


def _run(
    repository: Repository,
    words: Sequence[str],
    *,
    doing: str,
    timeout: float,
    listen: restic_process.Listener | None = None,
    document: bool = False,
    tidy: bool = True,
) -> restic_process.Outcome:
    """Run restic and return its outcome when its exit code is 0. Raise the error that names the cause otherwise.

    A run that had to be stopped leaves no lock behind: `tidy` then removes stale ones.
    """
    restic_repository.probe(repository)
    try:
        with restic_repository.command(repository, words) as command:
            outcome = restic_process.run(command, timeout=timeout, listen=listen, document=document)
        if outcome.returncode != 0 or outcome.timed_out:
            raise restic_errors.failure(outcome, where=repository.location, doing=doing)
    except (errors.TimeoutExpiredError, restic_errors.StoppedError, KeyboardInterrupt) as error:
        if tidy:
            _tidy_up(repository, error)
        raise
    return outcome


def _run_alone(
    repository: Repository, words: Sequence[str], *, doing: str, timeout: float, document: bool = False
) -> restic_process.Outcome:
    """Run a verb that needs the repository for itself: a lock that a dead run left does not stop it."""
    for _ in range(_LOCK_ATTEMPTS - 1):
        unlock(repository)
        with contextlib.suppress(restic_errors.RepositoryLockedError):
            return _run(repository, words, doing=doing, timeout=timeout, document=document)
    unlock(repository)
    return _run(repository, words, doing=doing, timeout=timeout, document=document)


def _tidy_up(repository: Repository, cause: BaseException) -> None:
    """Remove stale locks after a stopped run; where that fails too, say so beside the cause."""
    try:
        unlock(repository)
    except errors.SitewrightError as error:
        cause.add_note(f"its lock may still be in the repository: {error.what}")


def _document(repository: Repository, words: Sequence[str], *, doing: str) -> object:
    """Return the one JSON document that a verb prints."""
    return _decoded(repository, words, _run(repository, words, doing=doing, timeout=SHORT_SECONDS, document=True))


def _decoded(repository: Repository, words: Sequence[str], outcome: restic_process.Outcome) -> object:
    try:
        return json.loads(outcome.document)
    except ValueError as error:
        raise _unread(repository, f"the answer of `restic {words[0]}` is no JSON") from error


def _many(repository: Repository, kind: type[_Parsed], words: Sequence[str], *, doing: str) -> tuple[_Parsed, ...]:
    """Return the JSON list that a verb prints, each item as one `kind`."""
    document = _document(repository, words, doing=doing)
    unread = _unread(repository, f"the answer of `restic {words[0]}` is not what 0.18 gives")
    if not isinstance(document, list):
        raise unread
    try:
        return tuple(kind.model_validate(item) for item in document)
    except pydantic.ValidationError as error:
        raise unread from error


def _parsed(kind: type[_Parsed], fields: Mapping[str, object] | None) -> _Parsed | None:
    """Return a message as what it should be, or None when there is none or it lacks a field."""
    try:
        return kind.model_validate(fields)
    except pydantic.ValidationError:
        return None


def _reporter(progress: OnProgress | None) -> restic_process.Listener | None:
    """Return a listener that hands `status` messages on; one that is not as it should be is passed over."""
    if progress is None:
        return None

    def listen(message: restic_lines.Message) -> None:
        now = _parsed(Progress, message.fields) if message.kind == "status" else None
        if now is not None:
            progress(now)

    return listen


def _present(source: Source) -> Path:
    """Return the real path of a source. restic would store a link as a link, and pass over what is not there."""
    try:
        return source.path.resolve(strict=True)
    except OSError as error:
        raise _incomplete(str(source.path), f"it cannot be read: {error.strerror}") from error


def _confirm(repository: Repository, snapshot: str, sources: dict[Path, Source]) -> None:
    """Read a snapshot's tree back and count what arrived of each source: a total could hide a source left out."""
    found: list[str] = []
    counts = {path: [0, 0] for path in sources}

    def listen(message: restic_lines.Message) -> None:
        if message.kind == "snapshot":
            found.append(str(message.fields.get("id")))
        entry = _parsed(Entry, message.fields) if message.kind == "node" else None
        if entry is not None and entry.type == "file":
            for path, count in counts.items():
                if PurePosixPath(entry.path).is_relative_to(path):
                    count[0] += 1
                    count[1] += entry.size

    # Without a lock, which restic waits 0.2 s for: a prune at this very moment would make us fail, not believe.
    unlocked = dataclasses.replace(repository, read_only=True)
    _run(unlocked, ["ls", snapshot], doing="read the new snapshot back", timeout=SHORT_SECONDS, listen=listen)
    if found != [snapshot]:
        raise _incomplete(repository.location, f"snapshot {snapshot[:8]} is not in the repository")
    for path, (files, size) in counts.items():
        source = sources[path]
        if files < source.minimum_files or size < source.minimum_bytes:
            raise _incomplete(
                str(path),
                f"{files} files of {size} bytes are in snapshot {snapshot[:8]}, at least {source.minimum_files} files "
                f"of {source.minimum_bytes} bytes were declared",
            )


def _ids(groups: list[object], decision: str) -> tuple[str, ...]:
    """Return the snapshot ids under 'keep' or 'remove' of all groups; restic writes null for none."""
    listed = [group.get(decision) or [] for group in groups if isinstance(group, dict)]
    return tuple(str(snapshot["id"]) for snapshots_of_group in listed for snapshot in snapshots_of_group)


def _incomplete(where: str, what: str) -> restic_errors.IncompleteBackupError:
    mend = restic_errors.MENDS[restic_errors.IncompleteBackupError]
    return restic_errors.IncompleteBackupError(what, where=where, mend=mend)


def _unread(repository: Repository, what: str) -> restic_errors.ResticError:
    mend = restic_errors.MENDS[restic_errors.ResticError]
    return restic_errors.ResticError(what, where=repository.location, mend=mend)
