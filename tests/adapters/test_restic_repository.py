"""How a repository is opened: nothing secret in arguments, nothing of ours in the environment."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic_binary, restic_errors, restic_repository
from tests.support import certificates
from tests.support import restic as support

BINARY = restic_binary.Binary(Path("/usr/bin/restic"), (0, 18, 0))


def repository(
    directory: Path, location: str = "rest:https://backup.example:8000/site/"
) -> restic_repository.Repository:
    for name, text in {"password": "pass-word", "credential": "site:s3cret/with@signs"}.items():
        (directory / name).write_text(text)
        (directory / name).chmod(0o600)
    return restic_repository.Repository(
        location, directory / "password", BINARY, credential=directory / "credential", authority=directory / "ca.crt"
    )


def test_no_secret_is_in_arguments_or_environment(tmp_path: Path) -> None:
    with restic_repository.command(repository(tmp_path), ["snapshots"]) as command:
        shown = " ".join((*command.argv, *command.environment, *command.environment.values()))
        (descriptor,) = command.descriptors
        location = Path(f"/proc/self/fd/{descriptor}").read_text()
    assert "pass-word" not in shown
    assert "s3cret" not in shown
    assert location == "rest:https://site:s3cret%2Fwith%40signs@backup.example:8000/site/"


def test_the_environment_is_an_allow_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RESTIC_PASSWORD", "RESTIC_REPOSITORY", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD"):
        monkeypatch.setenv(name, "stray")
    with restic_repository.command(repository(tmp_path), ["snapshots"]) as command:
        assert "stray" not in command.environment.values()
        assert set(command.environment) <= {
            "HOME", "PATH", "TMPDIR", "GOGC", "GOMAXPROCS", "GOMEMLIMIT",
            "RESTIC_REPOSITORY_FILE", "RESTIC_PASSWORD_FILE", "RESTIC_PROGRESS_FPS", "RESTIC_CACERT",
        }  # fmt: skip


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    wanted = repository(tmp_path)
    wanted.password.chmod(mode)
    with pytest.raises(errors.CredentialError, match="others may read"), restic_repository.command(wanted, ["check"]):
        pass


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_an_empty_or_unreadable_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    wanted = repository(tmp_path)
    wanted.password.write_bytes(content)
    with pytest.raises(errors.CredentialError), restic_repository.command(wanted, ["check"]):
        pass


@pytest.mark.parametrize("location", ["rest:https://site:s3cret@backup.example/", "rest:http://backup.example/"])
def test_an_address_that_would_show_a_login_is_refused(tmp_path: Path, location: str) -> None:
    wanted = repository(tmp_path, location)
    with pytest.raises(errors.SpecError) as raised:
        restic_repository.probe(wanted)
    assert "s3cret" not in str(raised.value)
    with pytest.raises(errors.SpecError), restic_repository.command(wanted, ["check"]):
        pass


def test_a_server_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    wanted = repository(tmp_path, f"rest:https://127.0.0.1:{support.free_port()}/")
    certificates.authority(tmp_path)
    with pytest.raises(restic_errors.ServerUnreachableError):
        restic_repository.probe(wanted)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("")
    with pytest.raises(errors.CredentialError, match="cannot read the CA certificate"):
        restic_repository.probe(repository(tmp_path))
