from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ops import errors
from ops.adapters.kubernetes_cluster import Pod
from ops.nodes import drain, spread
from tests.nodes.facts import cluster, gateway, node, pod, pods


def names(found: tuple[Pod, ...]) -> list[str]:
    return [item.name for item in found]


def test_a_pod_whose_fellow_is_ready_elsewhere_goes() -> None:
    assert names(drain.next_evictions(pods(), "gpu1")) == ["t1", "g1"]


def test_a_pod_whose_fellow_is_not_ready_waits() -> None:
    found = (pod("t1", "gpu1"), pod("t2", "gpu2", ready=False), gateway("g1", "gpu1"), gateway("g2", "gpu2"))
    assert names(drain.next_evictions(found, "gpu1")) == ["g1"]


def test_of_two_on_the_node_only_one_goes_at_a_time() -> None:
    assert names(drain.next_evictions((pod("t1", "gpu1"), pod("t2", "gpu1")), "gpu1")) == ["t1"]
    leaving = (pod("t1", "gpu1", leaving=True), pod("t2", "gpu1"), pod("t3", "gpu2"))
    assert names(drain.next_evictions(leaving, "gpu1")) == []


def test_a_lone_pod_goes_at_once_and_so_does_a_broken_one() -> None:
    assert names(drain.next_evictions((pod("one", "gpu1", desired=1),), "gpu1")) == ["one"]
    assert names(drain.next_evictions((pod("t1", "gpu1", ready=False), pod("t2", "gpu2", ready=False)), "gpu1")) == [
        "t1"
    ]


def test_what_belongs_to_the_node_stays() -> None:
    own = (
        pod("agent", "gpu1", owner="DaemonSet/a"),
        pod("static", "gpu1", owner="Node/a", static=True),
        pod("ended", "gpu1", finished=True),
    )
    assert drain.leaving(own, "gpu1") == ()


class Api:
    """A cluster that moves evicted pods to the other node, ready after a while."""

    def __init__(self, found: tuple[Pod, ...], away: str, slow: int) -> None:
        self.found = list(found)
        self.away, self.slow, self.waiting = away, slow, 0
        self.least = len(found)

    def pods(self) -> tuple[Pod, ...]:
        self.waiting += 1
        if self.waiting > self.slow:
            self.found = [dataclasses.replace(item, ready=True) for item in self.found if not item.leaving]
        serving = [item for item in self.found if item.ready and not item.leaving]
        self.least = min(self.least, len(serving))
        return tuple(self.found)

    def evict(self, gone: Pod) -> bool:
        self.waiting = 0
        self.found = [dataclasses.replace(item, leaving=item.key == gone.key or item.leaving) for item in self.found]
        self.found.append(dataclasses.replace(gone, name=f"{gone.name}+", node=self.away, ready=False))
        return True


@given(here=st.integers(1, 4), there=st.integers(0, 3), slow=st.integers(0, 5))
def test_a_drain_empties_the_node_and_never_leaves_a_service_without_a_ready_pod(
    here: int, there: int, slow: int
) -> None:
    total = here + there
    found = tuple(pod(f"a{number}", "gpu1", desired=total) for number in range(here))
    found += tuple(pod(f"b{number}", "gpu2", desired=total) for number in range(there))
    api = Api(found, "gpu2", slow)
    evicted = drain.drain(api, "gpu1", 60, lambda _: None, lambda _: None)  # type: ignore[arg-type] # only what a drain uses
    assert len(evicted) == here
    assert drain.leaving(api.pods(), "gpu1") == ()
    assert api.least >= min(total - 1, 1)


def test_a_pod_that_does_not_go_is_named() -> None:
    class Stuck(Api):
        def evict(self, gone: Pod) -> bool:
            return gone.name == "never"

    with pytest.raises(errors.TimeoutExpiredError, match="gpu1 is not empty: models/t1"):
        drain.drain(Stuck((pod("t1", "gpu1"), pod("t2", "gpu2")), "gpu2", 0), "gpu1", -1, print, print)  # type: ignore[arg-type] # only what a drain uses


def test_two_replicas_on_a_node_are_spread_to_a_node_without_one() -> None:
    together = [pod("t1", "gpu1"), pod("t2", "gpu1")]
    moved = spread.mover(together, cluster())
    assert moved is not None
    assert moved.name == "t1"
    assert spread.mover([pod("t1", "gpu1"), pod("t2", "gpu2")], cluster()) is None


SHARED = [
    ("the other is cordoned", node("gpu2", schedulable=False)),
    ("the other is not ready", node("gpu2", ready=False)),
    ("the other takes no pods", node("gpu2", tainted=True)),
]


@pytest.mark.parametrize("other", [case[1] for case in SHARED], ids=[case[0] for case in SHARED])
def test_replicas_share_a_node_where_no_other_takes_them(other: object) -> None:
    nodes = (node("gpu1"), other)
    assert spread.mover([pod("t1", "gpu1"), pod("t2", "gpu1")], nodes) is None  # type: ignore[arg-type] # a node
