from __future__ import annotations

import dataclasses

import pytest

from ops import errors
from ops.adapters.kubernetes_cluster import Node, Pod
from ops.nodes import acts, budget
from ops.spec import model
from tests.nodes import facts
from tests.nodes.facts import GIB, cluster, gateway, node, pair, pod, pods


def refused(
    name: str,
    nodes: tuple[Node, ...] = (),
    found: tuple[Pod, ...] = (),
    *,
    act: acts.Act = acts.RUNTIME_UPGRADE,
    site: model.Site | None = None,
    most_away: int = 1,
) -> list[str]:
    errors_found = budget.refusals(act, site or pair(), name, nodes or cluster(), found or pods(), most_away=most_away)
    assert all(isinstance(error, errors.BudgetError) for error in errors_found)
    return [error.what for error in errors_found]


def test_a_node_may_leave_when_another_serves_everything() -> None:
    assert refused("gpu1") == []
    assert refused("gpu2") == []
    assert refused("cp1") == []


AWAY = [
    ("not ready", {"ready": False}),
    ("cordoned by a person", {"schedulable": False}),
    ("cordoned by an earlier run", {"schedulable": False, "owner": "maintenance"}),
]


@pytest.mark.parametrize("changes", [case[1] for case in AWAY], ids=[case[0] for case in AWAY])
def test_a_second_node_may_not_be_away_unless_allowed(changes: dict[str, object]) -> None:
    nodes = (*cluster(), node("gpu3", **changes))
    assert refused("gpu1", nodes) == ["gpu1 may not leave: gpu3 is not in service, and at most 1 may be away"]
    assert refused("gpu1", nodes, most_away=2) == []
    assert refused("gpu3", nodes) == []


def test_the_last_replica_may_not_leave() -> None:
    found = (pod("t1", "gpu1"), pod("t2", "gpu2", ready=False), gateway("g1", "gpu1"), gateway("g2", "gpu2"))
    assert refused("gpu1", found=found) == ["without gpu1 there would be no replica of model smollm2"]
    assert refused("gpu2", found=found) == []


def test_a_replica_that_is_leaving_does_not_count() -> None:
    found = (pod("t1", "gpu1"), pod("t2", "gpu2", leaving=True), gateway("g1", "gpu2"))
    assert refused("gpu1", found=found) == ["without gpu1 there would be no replica of model smollm2"]


def test_replicas_that_share_the_node_move_one_by_one_when_there_is_room() -> None:
    together = (pod("t1", "gpu1"), pod("t2", "gpu1"), gateway("g1", "gpu2"))
    assert refused("gpu1", found=together) == []
    full = (*cluster()[:2], node("gpu2", memory=GIB // 2))
    assert refused("gpu1", full, together) == ["without gpu1 there would be no replica of model smollm2"]


def test_half_of_the_replicas_go_on_serving() -> None:
    site = pair()
    four = site.model_copy(update={"models": (site.models[0].model_copy(update={"replicas": 4}),)})
    found = (pod("t1", "gpu1"), pod("t2", "gpu1"), pod("t3", "gpu1"), pod("t4", "gpu2"))
    small = (*cluster()[:2], node("gpu2", memory=GIB + GIB // 2))
    assert refused("gpu1", small, found, site=four) == [
        "without gpu1 1 of 4 replicas of model smollm2 would serve; it takes 2"
    ]
    enough = (*cluster()[:2], node("gpu2", memory=2 * GIB))
    assert refused("gpu1", enough, found, site=four) == []


def test_gpus_count_as_memory_does() -> None:
    found = (pod("t1", "gpu1", gpus=1), pod("t2", "gpu1", gpus=1))
    no_gpu = refused("gpu1", (node("gpu1", gpus=2), node("gpu2")), found)
    assert no_gpu == ["without gpu1 there would be no replica of model smollm2"]
    assert refused("gpu1", (node("gpu1", gpus=2), node("gpu2", gpus=1)), found) == []


def test_a_pod_that_nobody_makes_again_is_not_lost() -> None:
    found = (*pods(), pod("mine", "gpu1", owner="", labels={}))
    assert refused("gpu1", found=found) == ["pod models/mine has no controller that would make it again elsewhere"]
    assert refused("gpu1", found=(*pods(), pod("own", "gpu1", owner="", labels={}, static=True))) == []


def test_what_breaks_connections_spares_the_load_balancer_and_the_only_entrance() -> None:
    site = pair()
    assert refused("gpu1", act=acts.REBOOT) == []
    single = tuple(dataclasses.replace(item, ready=item.name != "cp1") for item in cluster())
    assert refused("gpu1", single, act=acts.REBOOT, most_away=2) == ["gpu1 is the only node by which requests come in"]
    assert refused("gpu1", single, most_away=2) == []
    both = site.model_copy(
        update={
            "nodes": tuple(
                item.model_copy(update={"roles": (*item.roles, model.Role.INFRA)}) if item.name == "gpu1" else item
                for item in site.nodes
            )
        }
    )
    assert refused("gpu1", act=acts.REBOOT, site=both) == [
        "gpu1 carries the load balancer: all requests end while it starts again"
    ]


def test_pods_of_the_node_itself_need_no_room() -> None:
    found = (pod("agent", "gpu1", owner="DaemonSet/x", memory=100 * GIB), *facts.pods())
    assert "models/agent" not in budget.place("gpu1", cluster(), found)
