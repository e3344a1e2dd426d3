"""Decisions about cgroups on trees of plain files; the lab tests use the host's real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops import errors
from ops.lab import groups


def _mount(monkeypatch: pytest.MonkeyPatch, directory: Path, *lines: str) -> None:
    mounts = directory / "mounts"
    mounts.write_text("".join(f"{line} rw 0 0\n" for line in lines))
    monkeypatch.setattr(groups, "_MOUNTS", mounts)
    monkeypatch.setattr(groups, "_SYSTEMD", directory / "no-systemd")


def test_a_host_with_both_versions_has_all_hierarchies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _mount(monkeypatch, tmp_path, "cgroup /c/cpu cgroup", "cgroup2 /c/unified cgroup2", "tmpfs /c tmpfs")
    assert groups.hierarchies() == groups.Hierarchies((Path("/c/cpu"),), Path("/c/unified"))
    assert not groups.scoped()


def test_a_host_without_cgroups_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _mount(monkeypatch, tmp_path, "tmpfs /c tmpfs")
    with pytest.raises(errors.PrerequisiteError):
        groups.hierarchies()


def test_a_new_cpuset_gets_its_parents_processors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = _plain_root(tmp_path, {"cpuset.cpus": "0-1\n", "cpuset.mems": "0\n"})
    _mount(monkeypatch, tmp_path, f"cgroup {root} cgroup")
    monkeypatch.setattr(groups, "_COPIED", ("cpuset.cpus", "cpuset.mems"))
    _born_with(monkeypatch, {"cpuset.cpus": "\n", "cpuset.mems": "\n"})
    groups.enter("lab", "cp1", groups.MACHINE)
    machine = root / "sitewright-lab/cp1/machine"
    assert (machine / "cpuset.cpus").read_text() == "0-1\n"
    assert (machine / "cpuset.mems").read_text() == "0\n"
    assert (machine / "cgroup.procs").read_text() == f"{os.getpid()}\n"


def test_on_version_2_every_level_hands_its_controllers_down(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = _plain_root(tmp_path, {"cgroup.controllers": "cpu memory\n"})
    _mount(monkeypatch, tmp_path, f"cgroup2 {root} cgroup2")
    _born_with(monkeypatch, {"cgroup.controllers": "cpu memory\n"})
    groups.enter("lab", "cp1", groups.LAUNCHER)
    for level in (root, root / "sitewright-lab", root / "sitewright-lab/cp1"):
        assert (level / "cgroup.subtree_control").read_text() == "+cpu +memory\n"
    assert not (root / "sitewright-lab/cp1/cgroup.procs").exists(), "only leaves may hold processes"


def test_under_systemd_a_machine_is_its_scope(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    root = _plain_root(tmp_path, {})
    _mount(monkeypatch, tmp_path, f"cgroup2 {root} cgroup2")
    monkeypatch.setattr(groups, "_SYSTEMD", tmp_path)
    scope = root / "sitewright.slice/sw-lab.cp1.scope"
    scope.mkdir(parents=True)
    (scope.parent / "sw-lab-b.cp1.scope").mkdir()
    assert groups.scoped()
    assert groups.of_machine("lab", "cp1") == [scope]
    assert groups.of_lab("lab") == [scope]
    assert groups.nodes(scope) == ("cp1",)
    assert groups.labs() == {"lab", "lab-b"}


def test_members_are_counted_in_groups_below(tmp_path: Path) -> None:
    below = tmp_path / "machine/kubepods"
    below.mkdir(parents=True)
    (tmp_path / "cgroup.procs").write_text("")
    (below / "cgroup.procs").write_text("11\n12\n")
    assert groups.members([tmp_path, tmp_path / "gone"]) == {11, 12}


def _plain_root(directory: Path, files: dict[str, str]) -> Path:
    root = directory / "cgroup"
    root.mkdir()
    for name, text in files.items():
        (root / name).write_text(text)
    return root


def _born_with(monkeypatch: pytest.MonkeyPatch, files: dict[str, str]) -> None:
    """Let new directories hold files, as the kernel's do."""
    make = Path.mkdir

    def born(self: Path, *, exist_ok: bool = False) -> None:
        make(self, exist_ok=exist_ok)
        for name, text in files.items():
            (self / name).write_text(text)

    monkeypatch.setattr(Path, "mkdir", born)
