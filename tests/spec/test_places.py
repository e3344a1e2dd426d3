from __future__ import annotations

from pathlib import Path

import pytest

import ops
from ops.spec import places


def test_the_package_ops_is_the_one_of_this_checkout() -> None:
    assert Path(ops.__file__ or "").parent == places.PROJECT_ROOT / "ops"
    assert (places.PROJECT_ROOT / "pyproject.toml").is_file()


def test_state_and_cache_follow_the_xdg_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert places.state_directory("lab") == tmp_path / "state" / "sitewright" / "lab"
    assert places.cache_directory() == tmp_path / "cache" / "sitewright"


def test_empty_xdg_variables_mean_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("XDG_CACHE_HOME", "")
    assert places.state_directory("lab") == tmp_path / ".local" / "state" / "sitewright" / "lab"
    assert places.cache_directory() == tmp_path / ".cache" / "sitewright"
