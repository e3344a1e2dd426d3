"""What every test gets: no settings of the caller's own, and a state directory of its own unless it uses a lab."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

hypothesis.settings.register_profile("house", deadline=None, derandomize=True)
hypothesis.settings.load_profile("house")

_SHARED_STATE = ("lab", "e2e", "soak")
"""Markers of tests whose machines, keys and records lie where the operator's would."""


@pytest.fixture(autouse=True)
def _own_settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    if any(request.node.get_closest_marker(name) for name in _SHARED_STATE):
        return
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    for name in ("SITEWRIGHT_LAB", "SITEWRIGHT_SITE", "OPENAI_API_KEY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    state: Path = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
