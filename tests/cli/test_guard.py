from __future__ import annotations

import errno
import json
import os
import secrets
import stat
from pathlib import Path
from typing import NoReturn

import pytest

from ops import errors
from ops.cli import guard
from ops.spec import places


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _raise(error: BaseException) -> NoReturn:
    raise error


def test_a_defect_leaves_its_trace_in_a_private_file_and_none_on_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    code = guard.run(lambda: _raise(ZeroDivisionError("oops")), ["status", "lab"])
    out, err = capsys.readouterr()
    assert code == 70
    assert out == ""
    assert len(err.splitlines()) == 3
    assert "Traceback" not in err
    path = Path(err.splitlines()[1].removeprefix("  at "))
    assert "ZeroDivisionError: oops" in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.is_relative_to(places.cache_directory())


def test_the_trace_holds_no_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    planted = secrets.token_hex()
    guard.run(lambda: _raise(ZeroDivisionError("oops")), ["ssh", "cp1", "--", "login", "--password", planted])
    path = Path(capsys.readouterr().err.splitlines()[1].removeprefix("  at "))
    assert planted not in path.read_text()


def test_a_defect_is_told_even_where_no_file_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert guard.run(lambda: _raise(ZeroDivisionError("oops")), []) == 70
    assert "no file: Not a directory" in capsys.readouterr().err


def test_json_is_one_document_on_failure_too(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.LockedError("taken", where="here", mend="wait")
    assert guard.run(lambda: _raise(error), ["status", "lab", "--json"]) == 11
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert [entry["code"] for entry in document["errors"]] == ["E-LOCKED"]


def test_json_among_the_words_of_a_remote_command_is_not_ours(capsys: pytest.CaptureFixture[str]) -> None:
    error = errors.LockedError("taken", where="here", mend="wait")
    guard.run(lambda: _raise(error), ["ssh", "cp1", "--", "systemctl", "--json"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("number", "code"),
    [(errno.ENOSPC, 14), (errno.EACCES, 10), (errno.EPERM, 10), (errno.EADDRINUSE, 15), (errno.EIO, 70)],
)
def test_what_the_system_refuses_has_its_own_code(number: int, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert guard.run(lambda: _raise(OSError(number, os.strerror(number), "/some/file")), []) == code
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_an_interrupt_ends_with_130_and_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert guard.run(lambda: _raise(KeyboardInterrupt()), []) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("answer", "code"), [(None, 0), (0, 0), (5, 5)])
def test_a_verb_may_answer_with_an_exit_code(answer: int | None, code: int) -> None:
    assert guard.run(lambda: answer, []) == code
