"""The verbs against recorded restic: every promise that is not kept ends as an error."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from ops import errors
from ops.adapters import restic, restic_binary, restic_errors, restic_repository, restic_results
from tests.support import recorded

each_version = pytest.mark.parametrize("version", recorded.VERSIONS)


def opened(directory: Path, **answers: recorded.Recording) -> restic_repository.Repository:
    """A repository whose restic answers from recordings; `unlock` does so everywhere."""
    password = directory / "password"
    password.write_text("secret")
    password.chmod(0o600)
    table = {"unlock": recorded.Recording(0)} | answers
    program = recorded.player(directory / "restic", {verb.replace("_", " "): table[verb] for verb in table})
    return restic_repository.Repository(
        str(directory / "repository"), password, restic_binary.Binary(program, (0, 18, 0))
    )


def models(directory: Path) -> restic_results.Source:
    """A source with as many files as the recorded one."""
    (directory / "models").mkdir()
    for name in ("model.safetensors", "config.pbtxt"):
        (directory / "models" / name).write_text("x")
    return restic_results.Source(directory / "models", minimum_files=2)


def placed(recording: recorded.Recording, directory: Path) -> recorded.Recording:
    """The recording as if its place had been this directory."""
    return dataclasses.replace(recording, stdout=recording.stdout.replace("/place", str(directory)))


def back_up(directory: Path, source: restic_results.Source, **answers: recorded.Recording) -> restic_results.Backup:
    repository = opened(directory, **{verb: placed(answers[verb], directory) for verb in answers})
    return restic.backup(repository, [source], host="recorder", compression=restic_results.Compression.OFF, timeout=60)


@each_version
def test_a_backup_that_is_there_with_all_its_files_is_returned(version: str, tmp_path: Path) -> None:
    backup, listing = (recorded.load(version, case) for case in ("backup", "ls"))
    found = back_up(tmp_path, models(tmp_path), backup=backup, ls=listing)
    assert found.files == 2
    assert found.size == 3_000_014
    assert found.started < found.ended
    assert found.snapshot in listing.stdout


@each_version
def test_a_source_that_is_missing_fails_before_restic_starts(version: str, tmp_path: Path) -> None:
    answer = recorded.load(version, "backup-one-source-missing")
    with pytest.raises(restic_errors.IncompleteBackupError, match="cannot be read"):
        back_up(tmp_path, restic_results.Source(tmp_path / "missing"), backup=answer)


@each_version
def test_an_exclude_that_swallows_the_model_fails(version: str, tmp_path: Path) -> None:
    backup, listing = (recorded.load(version, case) for case in ("backup-excluded", "ls-excluded"))
    with pytest.raises(restic_errors.IncompleteBackupError, match="1 of at least 2 files"):
        back_up(tmp_path, models(tmp_path), backup=backup, ls=listing)


@each_version
def test_a_model_left_out_is_seen_behind_a_total_that_fits(version: str, tmp_path: Path) -> None:
    backup, listing = (recorded.load(version, case) for case in ("backup", "ls-excluded"))
    listing = dataclasses.replace(listing, stdout=listing.stdout.replace(_id(listing), _id(backup, "snapshot_id")))
    with pytest.raises(restic_errors.IncompleteBackupError, match="1 files of 14 bytes are in snapshot"):
        back_up(tmp_path, models(tmp_path), backup=backup, ls=listing)


@each_version
def test_a_snapshot_that_is_not_listed_afterwards_fails(version: str, tmp_path: Path) -> None:
    backup, other = (recorded.load(version, case) for case in ("backup", "ls-excluded"))
    with pytest.raises(restic_errors.IncompleteBackupError, match="is not in the repository"):
        back_up(tmp_path, models(tmp_path), backup=backup, ls=other)


@each_version
@pytest.mark.parametrize("spoil", ["no summary", "summary on stderr", "no snapshot id", "an error beside it"])
def test_exit_code_zero_alone_is_no_backup(version: str, spoil: str, tmp_path: Path) -> None:
    backup = recorded.load(version, "backup")
    spoiled = {
        "no summary": dataclasses.replace(backup, stdout=""),
        "summary on stderr": dataclasses.replace(backup, stdout="", stderr=backup.stdout),
        "no snapshot id": dataclasses.replace(backup, stdout=backup.stdout.replace("snapshot_id", "other")),
        "an error beside it": dataclasses.replace(backup, stderr='{"message_type":"error","item":"/a"}\n'),
    }
    with pytest.raises(errors.SitewrightError):
        back_up(tmp_path, models(tmp_path), backup=spoiled[spoil], ls=recorded.load(version, "ls"))


@each_version
def test_a_sound_restore_is_returned(version: str, tmp_path: Path) -> None:
    repository = opened(tmp_path, restore=recorded.load(version, "restore"))
    found = restic.restore(repository, "abc", tmp_path / "back", timeout=60)
    assert found.size == 3_000_014


@each_version
def test_a_full_disk_behind_a_perfect_summary_fails(version: str, tmp_path: Path) -> None:
    repository = opened(tmp_path, restore=recorded.load(version, "restore-full-disk"))
    with pytest.raises(restic_errors.NoSpaceError):
        restic.restore(repository, "abc", tmp_path / "back", timeout=60)


@each_version
def test_a_short_restore_with_exit_code_zero_fails(version: str, tmp_path: Path) -> None:
    short = recorded.Recording(0, recorded.load(version, "restore-truncated").stdout)
    with pytest.raises(restic_errors.IncompleteRestoreError, match="of 5 entries"):
        restic.restore(opened(tmp_path, restore=short), "abc", tmp_path / "back", timeout=60)


def test_a_directory_with_something_in_it_is_not_restored_into(tmp_path: Path) -> None:
    with pytest.raises(errors.PrerequisiteError, match="not empty"):
        restic.restore(opened(tmp_path), "abc", tmp_path, timeout=60)


@each_version
def test_a_check_passes_only_with_a_summary_without_errors(version: str, tmp_path: Path) -> None:
    sound = recorded.load(version, "check")
    restic.check(opened(tmp_path, check=sound), part=restic_results.Part(1, 7), timeout=60)
    for spoiled in (recorded.Recording(0), dataclasses.replace(recorded.load(version, "check-missing"), returncode=0)):
        with pytest.raises(errors.SitewrightError):
            restic.check(opened(tmp_path, check=spoiled), timeout=60)


@each_version
def test_lists_are_typed(version: str, tmp_path: Path) -> None:
    answers = {verb: recorded.load(version, verb) for verb in ("snapshots", "forget")}
    repository = opened(tmp_path, **answers, key=recorded.load(version, "keys"), cat=recorded.load(version, "config"))
    (snapshot,) = restic.snapshots(repository)
    assert snapshot.hostname == "recorder"
    assert snapshot.tags == ("model",)
    (key,) = restic.keys(repository)
    assert key.current
    assert len(restic.identity(repository)) == 64
    kept = restic.forget(repository, restic_results.Retention("1d"), host="recorder", tag="model")
    assert kept == restic_results.Forgotten(kept=(snapshot.id,), removed=())


@each_version
def test_snapshots_that_stay_after_a_forget_are_told(version: str, tmp_path: Path) -> None:
    forget = recorded.load(version, "forget")
    (group,) = json.loads(forget.stdout)
    claimed = json.dumps([group | {"remove": group["keep"], "keep": None}])
    answers = {"forget": dataclasses.replace(forget, stdout=claimed), "snapshots": recorded.load(version, "snapshots")}
    with pytest.raises(restic_errors.AccessDeniedError, match="1 of 1 snapshots"):
        restic.forget(opened(tmp_path, **answers), restic_results.Retention("1d"), host="recorder", tag="model")


@each_version
def test_another_repository_than_the_recorded_one_is_refused(version: str, tmp_path: Path) -> None:
    repository = opened(tmp_path, cat=recorded.load(version, "config"))
    with pytest.raises(restic_errors.WrongRepositoryError, match="recorded was aaaaaaaa"):
        restic.identity(repository, expected="a" * 64)


@pytest.mark.parametrize("answer", ["", "[]", "{}", '{"id":3}', "not json", "[1]", '[{"id":"x"}]'])
def test_answers_that_make_no_sense_are_errors(answer: str, tmp_path: Path) -> None:
    nonsense = recorded.Recording(0, answer)
    repository = opened(tmp_path, cat=nonsense, snapshots=nonsense)
    with pytest.raises(restic_errors.ResticError):
        restic.identity(repository)
    if answer != "[]":
        with pytest.raises(restic_errors.ResticError):
            restic.snapshots(repository)


def _id(recording: recorded.Recording, name: str = "id") -> str:
    return str(json.loads(recording.stdout.splitlines()[-1 if name == "snapshot_id" else 0])[name])
