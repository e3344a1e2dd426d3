"""A node's roles, variables and releases are divided between its stages: nothing is left out."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ops import spec
from ops.actions import converge
from ops.plan import node_variables, stages
from ops.plan.stage import Stage, label, playbook
from ops.spec import locate, model, places

SITES = ("lab", "lab-pair", "lab-single", "example")


def site(name: str) -> model.Site:
    """Return a site of inventory/."""
    return spec.load(locate.resolve(name))


def plays(path: str) -> list[dict[str, Any]]:
    """Return the plays of a playbook."""
    found: list[dict[str, Any]] = yaml.safe_load((places.PROJECT_ROOT / path).read_text())
    return found


def test_the_sites_playbook_is_both_stages_in_their_order() -> None:
    imported = [f"playbooks/{play['ansible.builtin.import_playbook']}" for play in plays(converge.PLAYBOOK)]
    assert imported == [playbook(stage) for stage in Stage]


@pytest.mark.parametrize("name", SITES)
def test_each_variable_belongs_to_one_stage(name: str) -> None:
    found = site(name)
    for node in found.nodes:
        platform, operations = (stages.variables(found, node, stage) for stage in Stage)
        assert platform.keys().isdisjoint(operations)
        assert {**platform, **operations} == node_variables.node_variables(found, node)


def test_each_role_of_a_stages_playbook_is_counted_by_that_stage() -> None:
    run = {
        (role["role"], stage) for stage in Stage for play in plays(playbook(stage)) for role in play.get("roles", ())
    }
    found = [(found, node) for name in SITES for found in (site(name),) for node in found.nodes]
    counted = {(role, stage) for stage in Stage for one, node in found for role in stages.role_names(one, node, stage)}
    assert run <= counted
    assert {role for role, _ in counted - run} == {"site_certificate"}, "imported by other roles"


def test_a_node_with_every_role_runs_every_role_once() -> None:
    single = site("lab-single")
    names = stages.role_names(single, single.nodes[0], Stage.PLATFORM)
    assert len(names) == len(set(names))
    assert {"bundle_server", "load_balancer", "container_runtime", "kubernetes_control_plane"} <= set(names)
    assert "kubernetes_node" not in names


def test_new_code_for_drills_is_a_change_of_the_drill_hosts_operations_alone() -> None:
    lab = site("lab")
    told = [label(node.name, stage) for stage in Stage for node in lab.nodes if _gets(lab, node, stage, "drill_host")]
    assert told == ["infra1-operations"]


def _gets(found: model.Site, node: model.Node, stage: Stage, release: str) -> bool:
    return release in stages.releases(found, node, stage)


def test_the_first_control_plane_lets_prometheus_in() -> None:
    example = site("example")
    assert [node.name for node in example.nodes if stages.lets_in(example, node)] == [
        example.nodes_with(model.Role.CONTROL_PLANE)[0].name
    ]


def test_no_task_of_the_later_stage_is_disruptive() -> None:
    roles = {role for name in SITES for node in site(name).nodes for role in _roles(site(name), node)}
    files = [path for role in roles for path in (places.PROJECT_ROOT / "roles" / role).rglob("*.yml")]
    assert files
    assert [path for path in files if "disruptive" in path.read_text()] == []


def _roles(found: model.Site, node: model.Node) -> tuple[str, ...]:
    return stages.role_names(found, node, Stage.OPERATIONS)
