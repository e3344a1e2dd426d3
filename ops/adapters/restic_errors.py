"""What a failed run of restic means: one table of exit codes, one of tell-tale texts, one error for each cause.

SitewrightError
├── RepositoryMissingError    NotFoundError      there is no repository at that place
├── RepositoryLockedError     LockedError        another restic holds the repository
├── WrongPasswordError        CredentialError    the password opens no key of the repository
├── AccessDeniedError         CredentialError    the server refuses the credential or the operation
├── ServerUnreachableError    UnreachableError   nothing answers at the repository's address
├── ServerUntrustedError      HostKeyError       the server's certificate is not from the site's CA
├── NoSpaceError              DiskFullError      the file system written to is full
├── DamagedError              IntegrityError     the repository's content is not what was stored
├── WrongRepositoryError      IntegrityError     this is another repository than the recorded one
├── IncompleteRestoreError    IntegrityError     fewer files or bytes came back than the snapshot holds
├── IncompleteBackupError     DeployError        something declared is not in the snapshot
├── StoppedError              SitewrightError    a signal ended restic
├── TimeoutExpiredError                          restic did not end in its time, and said no reason
└── ResticError               DeployError        restic failed in a way that no table knows

Exit codes since restic 0.17.1, from its doc/075_scripting.rst, which also says that an unknown code is a failure.
"""

from __future__ import annotations

import re

from ops import errors
from ops.adapters import restic_process

_SHOWN_LINES = 3


class RepositoryMissingError(errors.NotFoundError):
    """There is no restic repository at that place."""

    code = "E-RESTIC-NO-REPOSITORY"


class RepositoryLockedError(errors.LockedError):
    """Another restic holds the repository."""

    code = "E-RESTIC-LOCKED"


class WrongPasswordError(errors.CredentialError):
    """The password opens no key of the repository."""

    code = "E-RESTIC-PASSWORD"


class AccessDeniedError(errors.CredentialError):
    """The server refuses the credential, or the operation for this credential."""

    code = "E-RESTIC-DENIED"


class ServerUnreachableError(errors.UnreachableError):
    """Nothing answers at the repository's address."""

    code = "E-RESTIC-UNREACHABLE"


class ServerUntrustedError(errors.HostKeyError):
    """The server shows a certificate that the pinned CA did not sign for its name."""

    code = "E-RESTIC-UNTRUSTED"


class NoSpaceError(errors.DiskFullError):
    """The file system that restic writes to is full, or the server's quota is used up."""

    code = "E-RESTIC-NO-SPACE"


class DamagedError(errors.IntegrityError):
    """What the repository holds is not what was stored."""

    code = "E-RESTIC-DAMAGED"


class WrongRepositoryError(errors.IntegrityError):
    """The repository at that place is another one than was recorded."""

    code = "E-RESTIC-OTHER-REPOSITORY"


class IncompleteRestoreError(errors.IntegrityError):
    """Fewer files or bytes came back than the snapshot holds."""

    code = "E-RESTIC-INCOMPLETE-RESTORE"


class IncompleteBackupError(errors.DeployError):
    """Something that was declared is not in the snapshot."""

    code = "E-RESTIC-INCOMPLETE-BACKUP"


class StoppedError(errors.SitewrightError):
    """A signal ended restic before it was done."""

    exit_code = 130
    code = "E-RESTIC-INTERRUPTED"


class ResticError(errors.DeployError):
    """Restic failed in a way that the tables here do not name."""

    code = "E-RESTIC"


_BY_EXIT_CODE: dict[int, type[errors.SitewrightError]] = {
    10: RepositoryMissingError,
    11: RepositoryLockedError,
    12: WrongPasswordError,
    130: StoppedError,
}

_INCOMPLETE = 3
"""Exit code of a backup that could not read a source, and since 0.19 also of other things that were half done."""

# Texts of restic 0.18 and 0.19, rest-server 0.13 and 0.14, Go's net, tls and os packages. First match wins.
_BY_TEXT: tuple[tuple[re.Pattern[str], type[errors.SitewrightError]], ...] = (
    (re.compile(r"no space left on device|disk quota exceeded|Insufficient Storage|\b507\b"), NoSpaceError),
    (re.compile(r"x509:|tls: failed to verify|certificate signed by unknown"), ServerUntrustedError),
    (re.compile(r"\b401 Unauthorized|\b403 Forbidden|unexpected HTTP response \(40[13]\)"), AccessDeniedError),
    (
        re.compile(
            r"connection refused|no such host|network is unreachable|no route to host|i/o timeout|connection reset"
            r"|TLS handshake timeout|server misbehaving"
        ),
        ServerUnreachableError,
    ),
    (
        re.compile(
            r"ciphertext verification failed|invalid data returned|does not match id|repository contains errors"
            r"|unexpected file size|unable to load|not found in (?:the )?index|pack [0-9a-f]+: does not exist"
            r"|Load\(<\w+/|failed to load|ReadFull\("
        ),
        DamagedError,
    ),
)

MENDS: dict[type[errors.SitewrightError], str] = {
    RepositoryMissingError: "check the repository's address in the spec; a new one is made by the first backup",
    RepositoryLockedError: "wait for the other run to end; a lock of a dead run on this machine is removed by itself, "
    "one of another machine after 30 minutes",
    WrongPasswordError: "give the password file of this repository",
    AccessDeniedError: "give the credential of this client; deleting and rewriting need the administrator's path",
    ServerUnreachableError: "check that the backup server is on and that the route to it is open",
    ServerUntrustedError: "check that the address is the backup server's and that its certificate comes from the "
    "site's CA",
    NoSpaceError: "free space there, or raise the quota, and run the same command again",
    DamagedError: "restore from another recovery point or the second repository, then run `restic check --read-data` "
    "where the repository lies",
    WrongRepositoryError: "give the address of the recorded repository, or a recovery point of this one",
    IncompleteRestoreError: "restore again into an empty directory; if it stays short, check the repository",
    IncompleteBackupError: "look at the named source and at the exclude rules, then back up again",
    StoppedError: "run the same command again",
    errors.TimeoutExpiredError: "look at what the repository's machine and the network do, then run it again",
    ResticError: "read restic's own message above, put it right and run the same command again",
}


def failure(outcome: restic_process.Outcome, *, where: str, doing: str) -> errors.SitewrightError:
    """Given a run that failed, return the error that names its cause. `doing` is a verb phrase: 'back up x'."""
    kind = _kind(outcome)
    return kind(f"could not {doing}: {_said(outcome)}", where=where, mend=MENDS[kind])


def _kind(outcome: restic_process.Outcome) -> type[errors.SitewrightError]:
    """Return the error class of a failed run: the exit code decides, the text where the code is the general one."""
    if outcome.returncode in _BY_EXIT_CODE and not outcome.timed_out:
        return _BY_EXIT_CODE[outcome.returncode]
    said = "\n".join((outcome.exit_message or "", *outcome.errors, *outcome.texts))
    for pattern, kind in _BY_TEXT:
        if pattern.search(said):
            return kind
    if outcome.timed_out:
        return errors.TimeoutExpiredError
    if outcome.returncode == _INCOMPLETE:
        return IncompleteBackupError
    return StoppedError if outcome.returncode < 0 else ResticError


def _said(outcome: restic_process.Outcome) -> str:
    """Return how the run ended, in one line: its exit code, the first errors, restic's last word."""
    lines = [line.strip() for line in outcome.errors[:_SHOWN_LINES]]
    if outcome.error_count > len(lines):
        lines.append(f"and {outcome.error_count - len(lines)} errors more")
    if outcome.exit_message:
        lines.append(outcome.exit_message.strip())
    lines = lines or list(outcome.texts[-_SHOWN_LINES:]) or ["it said nothing"]
    how = "was stopped when its time was up" if outcome.timed_out else f"ended with {outcome.returncode}"
    return f"restic {how}: " + "; ".join(" ".join(line.split()) for line in lines if line)
