"""A node's variables come from the spec and from no peer."""

from __future__ import annotations

from ops import spec
from ops.plan import endpoints
from ops.plan.node_variables import node_variables
from ops.spec import locate, model


def site(name: str) -> model.Site:
    """Return a site of inventory/."""
    return spec.load(locate.resolve(name))


def test_adding_a_worker_changes_no_other_nodes_variables() -> None:
    lab = site("lab")
    assert lab.network.subnet is not None
    added = model.Node(name="gpu2", roles=(model.Role.WORKER,), address=lab.network.subnet[14])
    grown = lab.model_copy(update={"nodes": (*lab.nodes, added)})
    for node in lab.nodes:
        assert node_variables(lab, node) == node_variables(grown, node)


def test_a_new_containerd_changes_one_variable_of_a_worker() -> None:
    lab = site("lab")
    newer = lab.model_copy(update={"versions": lab.versions.model_copy(update={"containerd": "2.2.1"})})
    worker = lab.node("gpu1")
    before, after = node_variables(lab, worker), node_variables(newer, worker)
    assert {key for key in before if before[key] != after[key]} == {"container_runtime_version"}


def test_no_variable_names_a_path_of_the_operators_machine() -> None:
    lab = site("lab")
    for node in lab.nodes:
        assert not [value for value in node_variables(lab, node).values() if str(value).startswith("/")]


def test_the_load_balancer_sends_to_all_control_planes_and_the_first_worker() -> None:
    example = site("example")
    names = [node.name for node in endpoints.ingress_nodes(example)]
    planes = [node.name for node in example.nodes_with(model.Role.CONTROL_PLANE)]
    workers = [node.name for node in example.nodes_with(model.Role.WORKER)]
    assert set(planes) <= set(names) or set(names) <= {*planes, *workers}


def test_the_gateway_url_names_no_default_port() -> None:
    lab = site("lab")
    assert endpoints.gateway_url(lab).endswith("/v1")
    assert ":443" not in endpoints.gateway_url(lab)
    moved = lab.model_copy(update={"network": lab.network.model_copy(update={"gateway_port": 8444})})
    assert ":8444/" in endpoints.gateway_url(moved)


def test_each_infra_node_knows_the_others_that_may_hold_the_virtual_address() -> None:
    example = site("example")
    first, second = (node_variables(example, node) for node in example.nodes_with(model.Role.INFRA))
    assert first["virtual_address_address"] == second["virtual_address_address"] == "192.0.2.10"
    assert first["virtual_address_peers"] == [second["virtual_address_node"]]
    assert second["virtual_address_peers"] == [first["virtual_address_node"]]
    assert first["virtual_address_router"] == second["virtual_address_router"]
    assert first["virtual_address_priority"] != second["virtual_address_priority"]


def test_without_a_virtual_address_nobody_is_told_of_one() -> None:
    lab = site("lab")
    for node in lab.nodes:
        assert not [name for name in node_variables(lab, node) if name.startswith("virtual_address")]
