"""Every resource of the stacks, without an engine: what is declared, in which order, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.stacks.recorder import Made, Program, inventory

Run = Callable[[dict[str, Any]], Program]


@pytest.fixture
def lab(run: Run) -> Program:
    return run(inventory("lab"))


@pytest.fixture
def example(run: Run) -> Program:
    return run(inventory("example"))


def platform(program: Program) -> dict[str, Made]:
    """Return the nodes without their monitoring and backups."""
    return {
        name: made for name, made in program.of("sitewright:site:Node").items() if made.inputs["stage"] == "platform"
    }


def test_a_lab_has_a_machine_a_node_and_a_cluster_of_every_kind(lab: Program) -> None:
    names = {"infra1", "cp1", "gpu1"}
    assert lab.of("sitewright:lab:Machine").keys() == names
    assert lab.of("sitewright:site:Node").keys() == names | {f"{name}-operations" for name in names}
    assert lab.of("sitewright:site:Cluster").keys() == {"lab"}
    assert lab.of("pulumi:providers:").keys() == {"lab"}


def test_a_real_site_makes_no_machines(example: Program) -> None:
    assert example.of("sitewright:lab:") == {}
    assert len(example.of("sitewright:site:Node")) == 2 * 9


def test_every_type_is_known(example: Program, lab: Program) -> None:
    prefixes = ("sitewright:", "kubernetes:", "pulumi:")
    assert [made.type for made in example.resources + lab.resources if not made.type.startswith(prefixes)] == []


def test_a_nodes_variables_are_fields_and_name_no_other_worker(example: Program) -> None:
    nodes = example.of("sitewright:site:Node")
    workers = [made.inputs["node"] for name, made in platform(example).items() if name.startswith("gpu")]
    assert len(workers) > 1
    for name in workers:
        text = json.dumps([nodes[name].inputs["variables"], nodes[f"{name}-operations"].inputs["variables"]])
        assert [other for other in workers if other != name and other in text] == []


def test_a_nodes_inputs_hold_what_changes_it_and_nothing_else(lab: Program) -> None:
    inputs = lab.of("sitewright:site:Node")["gpu1"].inputs
    every = {"site", "node", "stage", "variables", "roles", "release", "control_plane", "serial"}
    assert inputs.keys() == every | {"boot"}
    assert (inputs["serial"], inputs["boot"]) == (2, 3)
    assert inputs["release"] == {}
    assert lab.of("sitewright:site:Node")["gpu1-operations"].inputs.keys() == every
    assert lab.of("sitewright:site:Node")["infra1"].inputs["release"] == {"infra": "release-1"}
    assert lab.of("sitewright:site:Node")["infra1-operations"].inputs["release"] == {"drill_host": "release-3"}


def test_nodes_come_in_the_order_in_which_they_can_be_made(example: Program) -> None:
    nodes = platform(example)
    planes = [name for name, made in nodes.items() if made.inputs["control_plane"]]
    infra = list(nodes)[:2]
    for index, name in enumerate(planes):
        assert nodes[name].depends_on == {*infra, *planes[:index]}
    for name in set(nodes) - {*infra, *planes}:
        assert nodes[name].depends_on == {*infra, planes[0]}


def test_monitoring_and_backups_come_beside_the_cluster_and_not_before_it(example: Program) -> None:
    nodes = example.of("sitewright:site:Node")
    infra, first = next(iter(nodes)), next(name for name, made in nodes.items() if made.inputs["control_plane"])
    for name in platform(example):
        asked = {f"{infra}-operations"} if name == first else set()
        assert nodes[f"{name}-operations"].depends_on == {name} | asked
        assert not nodes[f"{name}-operations"].inputs["control_plane"]
        assert not any(before.endswith("-operations") for before in nodes[name].depends_on)


def test_real_nodes_outlive_the_stack_and_lab_nodes_go_before_their_machines(lab: Program, example: Program) -> None:
    assert {made.retained for made in example.of("sitewright:site:Node").values()} == {True}
    nodes = lab.of("sitewright:site:Node")
    assert {name: made.deleted_with for name, made in nodes.items()} == {
        name: name.removesuffix("-operations") if name.endswith("-operations") else "" for name in nodes
    }
    assert {made.retained for made in nodes.values()} == {False}


def test_the_kubernetes_provider_is_this_sites_and_its_kubeconfig_comes_from_the_cluster(lab: Program) -> None:
    provider = lab.of("pulumi:providers:kubernetes")["lab"]
    assert provider.inputs["clusterIdentifier"] == "lab"
    assert provider.inputs["kubeconfig"] == "planted"
    assert provider.depends_on == {"lab"}


def test_every_object_is_applied_by_that_provider(lab: Program) -> None:
    objects = lab.of("kubernetes:")
    assert objects
    assert {made.provider.split("::")[-2] for made in objects.values()} == {"lab"}
    assert {made.deleted_with for made in objects.values()} <= {"infra1", "cp1", "gpu1"}


def test_objects_come_after_what_they_need(lab: Program) -> None:
    objects = lab.of("kubernetes:")
    namespaces = {name for name, made in objects.items() if made.type.endswith(":Namespace")}
    needs = {name for name, made in objects.items() if made.type.rpartition(":")[2] in {"ConfigMap", "Secret"}}
    assert namespaces
    assert needs
    for name, made in objects.items():
        kind = made.type.rpartition(":")[2]
        assert kind == "Namespace" or namespaces <= made.depends_on, name
        if kind == "Deployment":
            assert needs <= made.depends_on, name


def test_a_service_is_awaited_after_the_workload_that_it_selects(lab: Program) -> None:
    objects = lab.of("kubernetes:")
    services = {name: made for name, made in objects.items() if made.type.endswith(":Service")}
    assert services
    for name, made in services.items():
        workloads = [other for other in made.depends_on if objects.get(other) and ":Deployment" in objects[other].type]
        assert len(workloads) == 1, name


def test_a_workload_comes_after_as_many_workers_as_it_has_replicas(run: Run) -> None:
    objects = run(inventory("lab-pair")).of("kubernetes:")
    assert {"gpu1", "gpu2"} <= objects["deployment-triton-smollm2"].depends_on
    assert {"gpu1", "gpu2"} <= objects["deployment-gateway"].depends_on
    assert not any(node.startswith("gpu") for node in objects["service-gateway"].depends_on)


def test_exports_are_few_and_known(lab: Program) -> None:
    assert lab.exports.keys() == {"gateway_url", "models"}
    assert lab.exports["gateway_url"].startswith("https://198.1")
    assert lab.exports["models"] == ["smollm2"]


def test_one_machine_may_carry_all_roles(run: Run) -> None:
    single = run(inventory("lab-single"))
    nodes = single.of("sitewright:site:Node")
    machines = single.of("sitewright:lab:Machine").keys()
    ((name, made),) = platform(single).items()
    assert made.depends_on <= machines
    assert nodes[f"{name}-operations"].depends_on == {name}
