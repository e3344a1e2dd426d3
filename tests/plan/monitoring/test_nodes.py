"""The monitoring node is the first infra node, and who may read what is told to each node."""

from __future__ import annotations

from ops import spec
from ops.plan import endpoints, monitoring
from ops.plan.monitoring import ports
from ops.spec import locate, model
from ops.spec.rules import ports as rules


def site(name: str) -> model.Site:
    """Return a site of inventory/."""
    return spec.load(locate.resolve(name))


def test_the_first_infra_node_alone_runs_and_shows_it() -> None:
    example = site("example")
    runs = [node.name for node in example.nodes if "monitoring_site" in monitoring.variables(example, node)]
    shows = [node.name for node in example.nodes if monitoring.shown(example, node)]
    assert runs == shows == [example.nodes_with(model.Role.INFRA)[0].name]


def test_every_node_closes_its_metrics_to_all_but_the_monitoring_node() -> None:
    example = site("example")
    readers = [str(endpoints.monitoring_node(example).address)]
    for node in example.nodes:
        variables = monitoring.variables(example, node)
        closed = variables["node_exporter_closed_ports"]
        assert variables["node_exporter_readers"] == readers
        assert isinstance(closed, list)
        assert (ports.ETCD in closed) is (model.Role.CONTROL_PLANE in node.roles)
        assert (ports.LOAD_BALANCER in closed) is (model.Role.INFRA in node.roles)
        assert ports.NODE_EXPORTER in closed


def test_the_spec_keeps_our_ports_free() -> None:
    wanted = site("lab")
    for port in (ports.PROMETHEUS, ports.ALERTMANAGER, ports.NODE_EXPORTER, ports.ETCD):
        moved = wanted.model_copy(update={"network": wanted.network.model_copy(update={"gateway_port": port})})
        assert list(rules.reserved_port(moved))


def test_addresses_of_people_are_those_of_the_monitoring_node() -> None:
    example = site("example")
    assert endpoints.prometheus_url(example).startswith(f"https://{endpoints.monitoring_node(example).address}:")
