from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from ops.provider import cluster as cluster_provider
from ops.provider import machine as machine_provider
from ops.provider import node as node_provider
from ops.resources import cluster, machine, node
from tests.stacks.recorder import Made, declare

MACHINE = machine.MachineArgs("inventory/lab/site.yml", "lab", "cp1", "trixie", "198.18.5.12")


def declared(make: Callable[[], object]) -> Made:
    return declare("lab", make)[-1]


def test_types_are_those_that_the_provider_serves() -> None:
    assert declared(lambda: machine.Machine("cp1", MACHINE)).type == machine_provider.TOKEN
    arguments = node.NodeArgs("s", "gpu1", "platform", {"a": 1}, "digest", {}, control_plane=False, follows_boot=True)
    assert declared(lambda: node.Node("gpu1", arguments)).type == node_provider.TOKEN
    wanted = cluster.ClusterArgs("s", "https://198.18.5.11:7443", {})
    assert declared(lambda: cluster.Cluster("lab", wanted)).type == cluster_provider.TOKEN


def test_a_real_node_has_no_boot() -> None:
    arguments = node.NodeArgs(
        "s", "gpu1", "platform", {"a": {"b": 1}}, "digest", {"infra": "r"}, control_plane=False, follows_boot=True
    )
    made = declared(lambda: node.Node("gpu1", arguments))
    assert "boot" not in made.inputs
    assert made.inputs["variables"] == {"a": {"b": 1}}


def test_arguments_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        MACHINE.lab = "other"  # type: ignore[misc] # that is what is tried
