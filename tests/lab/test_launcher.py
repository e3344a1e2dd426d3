from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ops.lab import groups, launcher
from ops.spec import places


def test_a_machine_is_booted_in_its_own_namespace_under_its_own_name() -> None:
    words = launcher.arguments("lab", "cp1", Path("/state/root"))
    assert words[0] == "systemd-nspawn"
    assert {
        "--boot",
        "--directory=/state/root",
        "--machine=sw-lab.cp1",
        "--hostname=cp1",
        "--network-namespace-path=/run/netns/sw-lab.cp1",
    } <= set(words)


def test_nothing_of_the_callers_environment_reaches_a_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANTED_SECRET", "tell nobody")
    assert "tell nobody" not in launcher.environment().values()


@pytest.mark.parametrize(("legacy", "wanted"), [((Path("/c/cpu"),), "0"), ((), "1")])
def test_a_machine_gets_the_cgroup_version_of_its_host(
    monkeypatch: pytest.MonkeyPatch, legacy: tuple[Path, ...], wanted: str
) -> None:
    monkeypatch.setattr(groups, "hierarchies", lambda: groups.Hierarchies(legacy, Path("/c")))
    assert launcher.environment()["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] == wanted


def test_it_starts_on_the_standard_library_alone() -> None:
    program = "import sys, ops.lab.launcher; print([name for name in sys.modules if name.startswith('pydantic')])"
    completed = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=places.PROJECT_ROOT, capture_output=True, text=True, check=True
    )
    assert completed.stdout == "[]\n"
