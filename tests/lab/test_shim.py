"""What a system container offers of a real machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ops.lab import names, namespaces
from tests.support import lab as support

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module", params=["trixie", "bookworm"])
def box(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[support.Lab]:
    with support.make(tmp_path_factory.mktemp("shim"), request.param[0]) as made:
        made.up("box", 0, request.param)
        yield made


def test_its_boot_ends_with_every_unit_well(box: support.Lab) -> None:
    state = box.ssh("box", "systemctl is-system-running --wait; systemctl list-units --failed --no-legend")
    assert state.stdout == "running\n"


def test_it_has_the_packages_of_its_base_and_nothing_more(box: support.Lab) -> None:
    suite = box.ssh("box", ". /etc/os-release; echo $VERSION_CODENAME").stdout.strip()
    listed = support.base(suite).with_name("packages.txt").read_text()
    assert box.ssh("box", "dpkg-query --show").stdout == listed


@pytest.mark.parametrize(
    "command",
    [
        pytest.param("findmnt --noheadings --output PROPAGATION / | grep -x shared", id="mounts propagate"),
        pytest.param("echo 1 > /proc/sys/net/ipv4/ip_forward", id="network settings"),
        pytest.param("echo 1 > /proc/sys/vm/overcommit_memory", id="overcommit for the kubelet"),
        pytest.param("echo 10 > /proc/sys/kernel/panic", id="panic for the kubelet"),
        pytest.param("echo 1 > /proc/sys/kernel/panic_on_oops", id="panic on oops for the kubelet"),
        pytest.param("test $(stat --file-system --format %T /sys/fs/bpf) = bpf_fs", id="bpf file system"),
        pytest.param("mkdir /sys/fs/bpf/x && rmdir /sys/fs/bpf/x", id="bpf file system is writable"),
        pytest.param("head -c 0 /dev/kmsg", id="kernel messages for the kubelet"),
        pytest.param("unshare --keep-caps true && mknod /tmp/node c 195 0", id="device nodes"),
        pytest.param(
            "cd /var/tmp && mkdir -p l u w m && mount -t overlay x -olowerdir=l,upperdir=u,workdir=w m && umount m",
            id="overlay file system",
        ),
    ],
)
def test_the_kubelet_and_its_runtime_find_what_they_need(box: support.Lab, command: str) -> None:
    completed = box.ssh("box", f"sudo sh -euc '{command}'")
    assert (completed.returncode, completed.stderr) == (0, "")


def test_every_cgroup_controller_takes_groups_of_the_machine(box: support.Lab) -> None:
    script = (
        "findmnt --noheadings --list --types cgroup,cgroup2 --output TARGET | while read -r target; do "
        'mkdir "$target/probe" && rmdir "$target/probe"; done'
    )
    completed = box.ssh("box", f"sudo sh -euc '{script}'")
    assert (completed.returncode, completed.stderr) == (0, "")


def test_covered_settings_are_not_the_hosts(box: support.Lab) -> None:
    before = Path("/proc/sys/kernel/panic").read_text()
    assert box.ssh("box", "sudo sh -c 'echo 77 > /proc/sys/kernel/panic; cat /proc/sys/kernel/panic'").stdout == "77\n"
    assert Path("/proc/sys/kernel/panic").read_text() == before


@pytest.mark.parametrize("setting", ["kernel/hostname", "vm/swappiness", "kernel/threads-max"])
def test_other_settings_of_the_host_cannot_be_written(box: support.Lab, setting: str) -> None:
    assert box.ssh("box", f"sudo sh -c 'cat /proc/sys/{setting} > /proc/sys/{setting}'").returncode != 0


def test_the_clock_of_the_host_cannot_be_set(box: support.Lab) -> None:
    assert "Operation not permitted" in box.ssh("box", "sudo date --set @$(date +%s)").stderr


def test_each_machine_has_its_own_fixed_hardware_address(box: support.Lab) -> None:
    wanted = names.hardware_address(box.name, "box")
    assert wanted in box.ssh("box", "cat /sys/class/net/eth0/address").stdout
    assert namespaces.present(names.namespace(box.name, "box"))
