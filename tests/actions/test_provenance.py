from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ops import errors
from ops.actions import provenance
from ops.spec import places


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(places, "PROJECT_ROOT", tmp_path)
    git(tmp_path, "init", "-q")
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-q", "-m", "first")
    return tmp_path


def git(directory: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=directory, check=True, capture_output=True, text=True).stdout.strip()


def test_a_clean_checkout_is_its_commit(checkout: Path) -> None:
    assert provenance.clean_commit() == git(checkout, "rev-parse", "HEAD")


@pytest.mark.parametrize("file", ["a", "b"])
def test_a_changed_or_new_file_is_refused(checkout: Path, file: str) -> None:
    (checkout / file).write_text("2")
    with pytest.raises(errors.PrerequisiteError, match="not committed"):
        provenance.clean_commit()


def test_what_is_no_checkout_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PROJECT_ROOT", tmp_path)
    with pytest.raises(errors.PrerequisiteError):
        provenance.clean_commit()
