from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.actions import failures


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "failures.jsonl"
    monkeypatch.setenv(failures.VARIABLE, str(path))
    return path


def test_the_first_error_comes_back_as_what_it_was(file: Path) -> None:
    failures.record(errors.HostKeyError("another key", where="ssh to 198.18.0.1", mend="find out why"))
    failures.record(errors.DeployError("later", where="w", mend="m"))
    found = failures.first(file)
    assert isinstance(found, errors.HostKeyError)
    assert str(found) == "error[E-HOST-KEY]: another key\n  at ssh to 198.18.0.1\n  mend: find out why"
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "kind", [kind for kind in errors.SitewrightError.__subclasses__() if kind.__module__ == errors.__name__]
)
def test_every_error_of_the_house_keeps_its_exit_code(file: Path, kind: type[errors.SitewrightError]) -> None:
    failures.record(kind("what", where="where", mend="mend"))
    found = failures.first(file)
    assert found is not None
    assert found.exit_code == kind.exit_code


def test_nothing_is_written_where_nobody_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(failures.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    failures.record(errors.DeployError("what", where="where", mend="mend"))
    assert list(tmp_path.iterdir()) == []


def test_without_a_record_there_is_no_error(tmp_path: Path) -> None:
    assert failures.first(tmp_path / "none") is None
    (tmp_path / "empty").touch()
    assert failures.first(tmp_path / "empty") is None


def test_an_error_of_a_code_that_is_not_the_houses_is_a_failed_deployment(file: Path) -> None:
    file.write_text('{"code": "E-OTHER", "what": "a", "where": "b", "mend": "c"}\n')
    assert isinstance(failures.first(file), errors.DeployError)
