from __future__ import annotations

from pathlib import Path

import pytest

from ops import errors
from ops.lab import layout


def test_a_machines_files_lie_in_its_sites_state() -> None:
    assert layout.of_machine("lab", "cp1").root.parts[-4:] == ("lab", "machines", "cp1", "root")


@pytest.mark.parametrize("node", ["..", "a/b", ""])
def test_a_name_that_leads_elsewhere_is_refused(node: str) -> None:
    with pytest.raises(errors.SpecError):
        layout.of_machine("lab", node)


def test_directories_are_for_their_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    machine = layout.of_machine("lab", "cp1")
    layout.make_directory(machine)
    for directory in (machine.directory, machine.directory.parent, machine.directory.parent.parent):
        assert directory.stat().st_mode & 0o077 == 0
    layout.make_directory(machine)


def test_a_machine_that_was_never_made_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert layout.recorded("lab", "cp1") is None
    with pytest.raises(errors.NotFoundError, match="lab lab has no machine cp1"):
        layout.require("lab", "cp1")
