"""The base of a lab machine is minbase with systemd, sshd and python3, and nothing more."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pytest

from ops.bundle import build, debian, lock, repository

pytestmark = pytest.mark.bundle


@pytest.fixture(scope="module", params=lock.SUITES)
def suite(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def machine(suite: str) -> Path:
    return build.build([f"machine-{suite}"]).path(f"machine-{suite}")


def test_the_packages_are_the_closure_of_the_locks_list(suite: str, machine: Path) -> None:
    packages = build.build([debian.packages_name(suite)]).path(debian.packages_name(suite))
    expected = {repository.field(entry.stanza, "Package") for entry in debian.group(packages, "machine")}
    installed = {line.split()[0].partition(":")[0] for line in (machine / "packages.txt").read_text().splitlines()}
    assert installed == expected


def test_no_compiler_no_editor_no_network_client_is_in_it(machine: Path) -> None:
    names = {line.split()[0].partition(":")[0] for line in (machine / "packages.txt").read_text().splitlines()}
    assert names & {"gcc", "curl", "wget", "vim", "perl", "ca-certificates", "runc", "containerd"} == set()
    assert {"systemd", "openssh-server", "python3", "iproute2", "sudo", "apt"} <= names


def test_a_machine_has_no_identity_of_its_own_yet(machine: Path) -> None:
    with tarfile.open(machine / "root.tar") as archive:
        members = {member.name.removeprefix("./"): member for member in archive}
    assert members["etc/machine-id"].size == 0
    assert [name for name in members if name.startswith("etc/ssh/ssh_host_")] == []
    assert {"etc/hostname", "etc/resolv.conf", "etc/apt/sources.list"} & set(members) == set()


def test_the_apt_repository_holds_every_package_that_the_roles_install(suite: str) -> None:
    index = json.loads((build.build(["index"]).path("index") / "index.json").read_text())["packages"][suite]
    assert set(lock.load().debian["trixie" if suite == "trixie" else "bookworm"].roles) <= set(index)
    assert sorted(index["containerd.io"]) == ["2.2.0-1", "2.2.1-1"]
    assert index["kubelet"] == index["kubeadm"] == index["kubectl"] == ["1.36.3-1"]
