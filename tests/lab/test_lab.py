"""Whole labs: side by side, half gone, and gone."""

from __future__ import annotations

import os
import shutil
import signal

import pytest

from ops import errors
from ops.lab import groups, layout, machine, memory, names, namespaces, network, remains, spec
from ops.lab import lab as labs
from tests.support import footprint
from tests.support import lab as support

pytestmark = pytest.mark.lab


def test_destroying_a_lab_leaves_the_host_as_it_was(lab: support.Lab) -> None:
    before = footprint.take(lab.name)
    lab.up("cp1", 0)
    machine.create(lab.machine("gpu1", 1), support.base("trixie"))
    assert footprint.take(lab.name) - before, "the comparison must see a lab"
    removed = labs.destroy(lab.name)
    assert any(line.startswith("namespace") for line in removed)
    assert footprint.take(lab.name) - before == set()
    assert before - footprint.take(lab.name) == set()
    assert lab.name not in labs.list_labs()
    assert labs.destroy(lab.name) == ()


def test_two_labs_with_the_same_nodes_stand_side_by_side(lab: support.Lab, other_lab: support.Lab) -> None:
    lab.up("cp1")
    other_lab.up("cp1")
    assert {lab.name, other_lab.name} <= set(labs.list_labs())
    assert machine.host_key(lab.name, "cp1") != machine.host_key(other_lab.name, "cp1")
    labs.destroy(lab.name)
    assert labs.status(other_lab.name).machines == {"cp1": spec.Status.RUNNING}
    assert other_lab.ssh("cp1", "hostname").stdout == "cp1\n"


def test_a_lab_whose_name_begins_with_anothers_is_another(lab: support.Lab) -> None:
    longer = f"{lab.name}-x"
    namespaces.add(names.namespace(longer, "cp1"))
    try:
        labs.destroy(lab.name)
        assert namespaces.present(names.namespace(longer, "cp1"))
    finally:
        labs.destroy(longer)


def test_what_killed_runs_left_is_found_by_name_and_cleared(lab: support.Lab) -> None:
    before = footprint.take(lab.name)
    lab.up("filesless", 0)
    lab.up("headless", 1)
    shutil.rmtree(layout.of_machine(lab.name, "filesless").directory)
    for pid in groups.members([group / groups.LAUNCHER for group in groups.of_machine(lab.name, "headless")]):
        os.kill(pid, signal.SIGKILL)
    namespaces.delete(names.namespace(lab.name, "headless"))
    network.delete_link(lab.name)
    assert labs.status(lab.name).machines.keys() == {"filesless", "headless"}
    labs.destroy(lab.name)
    assert footprint.take(lab.name) - before == set()


def test_a_network_that_lost_a_part_is_mended_under_running_machines(lab: support.Lab) -> None:
    lab.up("cp1")
    network.delete_link(lab.name)
    assert lab.ssh("cp1", "true").returncode == 255
    assert not machine.start(lab.name, "cp1")
    assert lab.ssh("cp1", "true").returncode == 0


def test_a_subnet_that_another_lab_has_is_refused_and_nothing_is_changed(
    lab: support.Lab, other_lab: support.Lab
) -> None:
    assert network.create(lab.name, lab.subnet)
    with pytest.raises(errors.PortInUseError) as caught:
        network.create(other_lab.name, lab.subnet)
    assert names.link(lab.name) in caught.value.what
    assert not namespaces.present(names.namespace(other_lab.name))
    assert not network.create(lab.name, lab.subnet), "it stands already"


def test_memory_is_sampled_for_each_running_machine(standing: support.Lab) -> None:
    before = memory.sample(standing.name)
    assert before.keys() == {"cp1", "gpu1"}
    standing.ssh("cp1", "head -c 64M /dev/zero > /dev/shm/held")
    grown = memory.sample(standing.name)
    assert grown["cp1"] - before["cp1"] > 60 * 2**20
    assert abs(grown["gpu1"] - before["gpu1"]) < 16 * 2**20
    standing.ssh("cp1", "rm /dev/shm/held")


def test_the_listing_names_processes_that_entered_a_labs_namespace(standing: support.Lab) -> None:
    assert any(line.startswith("process") for line in remains.listing(standing.name))
