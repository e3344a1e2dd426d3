"""Every recorded failure of real restic ends as the error that names its cause."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic_errors, restic_process
from tests.support import recorded

FAILURES = {
    "no-repository": restic_errors.RepositoryMissingError,
    "locked": restic_errors.RepositoryLockedError,
    "wrong-password": restic_errors.WrongPasswordError,
    "unreachable": restic_errors.ServerUnreachableError,
    "restore-full-disk": restic_errors.NoSpaceError,
    "restore-flipped": restic_errors.DamagedError,
    "restore-truncated": restic_errors.DamagedError,
    "restore-missing": restic_errors.DamagedError,
    "check-flipped-read": restic_errors.DamagedError,
    "check-truncated": restic_errors.DamagedError,
    "check-missing": restic_errors.DamagedError,
}


def outcome(recording: recorded.Recording, path: Path) -> restic_process.Outcome:
    program = recorded.player(path / "restic", {"verb": recording})
    return restic_process.run(restic_process.Command((str(program), "verb"), {}), timeout=60)


def ended(returncode: int, *said: str, timed_out: bool = False) -> restic_process.Outcome:
    return restic_process.Outcome(("restic",), returncode, None, None, said, len(said), (), "", timed_out)


@pytest.mark.parametrize("version", recorded.VERSIONS)
@pytest.mark.parametrize(("case", "kind"), FAILURES.items())
def test_a_recorded_failure_names_its_cause(
    version: str, case: str, kind: type[errors.SitewrightError], tmp_path: Path
) -> None:
    recording = recorded.load(version, case)
    if recording.returncode < 0:
        recording = recorded.Recording(1, recording.stdout, recording.stderr)
    error = restic_errors.failure(outcome(recording, tmp_path), where="place", doing="do it")
    assert type(error) is kind
    assert str(error).count("\n") == 2
    assert "secret" not in str(error)


def test_every_failure_has_its_own_code_and_a_mend() -> None:
    kinds = set(FAILURES.values()) | {
        restic_errors.AccessDeniedError,
        restic_errors.ServerUntrustedError,
        restic_errors.WrongRepositoryError,
        restic_errors.IncompleteBackupError,
        restic_errors.IncompleteRestoreError,
        restic_errors.StoppedError,
        restic_errors.ResticError,
    }
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(restic_errors.MENDS[kind] for kind in kinds)


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (ended(2, "panic: runtime error"), restic_errors.ResticError),
        (ended(99), restic_errors.ResticError),
        (ended(3), restic_errors.IncompleteBackupError),
        (ended(130), restic_errors.StoppedError),
        (ended(-9), restic_errors.StoppedError),
        (ended(1, timed_out=True), errors.TimeoutExpiredError),
        (ended(1, "dial tcp 198.18.0.1:8000: i/o timeout", timed_out=True), restic_errors.ServerUnreachableError),
        (ended(1, "server response unexpected: 507 Insufficient Storage"), restic_errors.NoSpaceError),
        (ended(1, "unexpected HTTP response (403): 403 Forbidden"), restic_errors.AccessDeniedError),
        (ended(1, "tls: failed to verify certificate: x509: unknown authority"), restic_errors.ServerUntrustedError),
    ],
)
def test_an_exit_code_or_text_names_its_cause(run: restic_process.Outcome, kind: type[errors.SitewrightError]) -> None:
    assert type(restic_errors.failure(run, where="place", doing="do it")) is kind


def test_a_flood_of_errors_is_told_in_one_line() -> None:
    flood = restic_process.Outcome(("restic",), 1, None, "Fatal: many", ("a\nb",) * 40, 10**6, (), "", timed_out=False)
    error = restic_errors.failure(flood, where="place", doing="restore")
    assert error.what == "could not restore: restic ended with 1: a b; a b; a b; and 999997 errors more; Fatal: many"
