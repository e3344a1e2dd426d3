from __future__ import annotations

from pathlib import Path

import pytest

from ops.lab import limits


@pytest.fixture
def setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "max_user_instances"
    monkeypatch.setattr(limits, "_SETTING", file)
    monkeypatch.setattr(limits, "_RECORD", tmp_path / "run/inotify")
    return file


def test_a_low_limit_is_raised_and_put_back(setting: Path) -> None:
    setting.write_text("128\n")
    limits.widen()
    limits.widen()
    assert int(setting.read_text()) == limits.WANTED
    limits.restore()
    assert setting.read_text() == "128\n"
    assert not (setting.parent / "run").exists()
    limits.restore()


def test_a_high_limit_is_left_alone(setting: Path) -> None:
    setting.write_text("100000\n")
    limits.widen()
    limits.restore()
    assert setting.read_text() == "100000\n"


def test_a_limit_that_somebody_else_has_set_since_stays(setting: Path) -> None:
    setting.write_text("128\n")
    limits.widen()
    setting.write_text("9999\n")
    limits.restore()
    assert setting.read_text() == "9999\n"
