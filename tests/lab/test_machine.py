"""One machine from nothing to nothing."""

from __future__ import annotations

import dataclasses
import os
import signal
from pathlib import Path

import pytest

from ops import errors
from ops.lab import layout, machine, processes, spec
from tests.support import footprint
from tests.support import lab as support

pytestmark = pytest.mark.lab


def test_a_machine_is_made_started_stopped_cut_and_destroyed(lab: support.Lab) -> None:
    before = footprint.take(lab.name)
    assert machine.status(lab.name, "cp1") is spec.Status.ABSENT
    wanted = lab.machine("cp1")
    assert machine.create(wanted, support.base("trixie"))
    assert machine.status(lab.name, "cp1") is spec.Status.STOPPED
    assert machine.start(lab.name, "cp1")
    assert machine.status(lab.name, "cp1") is spec.Status.RUNNING
    assert lab.ssh("cp1", "sudo -n id -un; hostname").stdout == "root\ncp1\n"

    lab.ssh("cp1", "echo kept > kept; sync")
    assert machine.stop(lab.name, "cp1")
    assert machine.status(lab.name, "cp1") is spec.Status.STOPPED
    assert "Reached target" in _console(lab, "cp1").rpartition("Stopped target")[2], "it went down in order"
    assert not machine.stop(lab.name, "cp1")

    assert machine.start(lab.name, "cp1")
    assert lab.ssh("cp1", "cat kept").stdout == "kept\n"
    assert machine.power_cut(lab.name, "cp1")
    assert machine.status(lab.name, "cp1") is spec.Status.STOPPED
    assert "Stopped target" not in _console(lab, "cp1"), "it had no time to go down in order"

    assert machine.start(lab.name, "cp1")
    assert lab.ssh("cp1", "cat kept").stdout == "kept\n"
    assert machine.destroy(lab.name, "cp1")
    assert machine.status(lab.name, "cp1") is spec.Status.ABSENT
    assert not machine.destroy(lab.name, "cp1")
    new = {line for line in footprint.take(lab.name) - before if "cp1" in line}
    assert new == set()


def test_making_a_machine_again_changes_nothing(standing: support.Lab) -> None:
    wanted = layout.require(standing.name, "cp1")
    before = _state(standing)
    assert not machine.create(wanted, Path("/no/base/is/read"))
    assert not machine.start(standing.name, "cp1")
    assert _state(standing) == before


def test_a_machine_that_is_wanted_otherwise_is_made_anew_with_its_host_key(lab: support.Lab) -> None:
    lab.up("cp1")
    key = machine.host_key(lab.name, "cp1")
    lab.ssh("cp1", "echo old > old; sync")
    moved = dataclasses.replace(lab.machine("cp1"), address=lab.subnet[40])
    assert machine.create(moved, support.base("trixie"))
    assert machine.start(lab.name, "cp1")
    assert machine.host_key(lab.name, "cp1") == key
    assert lab.ssh("cp1", "cat old").returncode != 0


def test_a_reboot_inside_finds_a_fresh_network(standing: support.Lab) -> None:
    first = standing.ssh(
        "cp1", "sudo ip link add left type bridge; ip -brief link; cat /proc/sys/kernel/random/boot_id"
    )
    assert "left" in first.stdout
    standing.ssh("cp1", "sudo systemctl reboot")
    assert processes.wait(lambda: _answers_anew(standing, first.stdout.split()[-1]), 30)
    links = standing.ssh("cp1", "ip -brief link").stdout
    assert "left" not in links
    assert "eth0" in links
    assert machine.status(standing.name, "cp1") is spec.Status.RUNNING


def test_a_machine_that_powers_itself_off_is_stopped_and_starts_again(standing: support.Lab) -> None:
    standing.ssh("cp1", "sudo systemctl poweroff")
    assert processes.wait(lambda: machine.status(standing.name, "cp1") is spec.Status.STOPPED, 30)
    assert machine.start(standing.name, "cp1")


def test_a_machine_that_lost_its_supervisor_is_broken_and_mended_with_its_disk(standing: support.Lab) -> None:
    wanted = layout.require(standing.name, "cp1")
    standing.ssh("cp1", "echo kept > kept; sync")
    launcher = processes.recall(layout.of_machine(standing.name, "cp1").process)
    assert launcher is not None
    os.kill(launcher.pid, signal.SIGKILL)
    assert processes.wait(lambda: machine.status(standing.name, "cp1") is spec.Status.BROKEN, 5)
    assert not machine.create(wanted, support.base("trixie"))
    assert machine.start(standing.name, "cp1")
    assert standing.ssh("cp1", "cat kept").stdout == "kept\n"


def test_the_machine_outlives_the_program_that_started_it(standing: support.Lab) -> None:
    launcher = processes.recall(layout.of_machine(standing.name, "cp1").process)
    assert launcher is not None
    assert os.getsid(launcher.pid) == launcher.pid
    assert Path(f"/proc/{launcher.pid}/fd/0").readlink() == Path("/dev/null")


def test_a_base_of_another_debian_is_refused(lab: support.Lab) -> None:
    with pytest.raises(errors.IntegrityError, match="is not Debian bookworm"):
        machine.create(lab.machine("cp1", debian="bookworm"), support.base("trixie"))


def test_a_missing_base_says_how_to_get_one(lab: support.Lab, tmp_path: Path) -> None:
    with pytest.raises(errors.NotFoundError) as caught:
        machine.create(lab.machine("cp1"), tmp_path / "root.tar")
    assert "sitewright bundle build" in caught.value.mend


def test_starting_a_machine_that_was_never_made_is_refused(lab: support.Lab) -> None:
    with pytest.raises(errors.NotFoundError):
        machine.start(lab.name, "cp1")


def _state(lab: support.Lab) -> tuple[object, ...]:
    """Return what a second run must not touch."""
    places = layout.of_machine(lab.name, "cp1")
    boot = lab.ssh("cp1", "cat /proc/sys/kernel/random/boot_id").stdout
    files = [places.identity, places.host_key, places.process, places.root / "etc/hostname"]
    return (boot, [file.stat().st_mtime_ns for file in files])


def _answers_anew(lab: support.Lab, boot: str) -> bool:
    """Return whether the machine is up in another boot."""
    try:
        completed = lab.ssh("cp1", "cat /proc/sys/kernel/random/boot_id")
    except errors.TimeoutExpiredError:
        return False
    return completed.returncode == 0 and completed.stdout.strip() != boot


def _console(lab: support.Lab, node: str) -> str:
    return layout.of_machine(lab.name, node).console.read_text(errors="replace")
