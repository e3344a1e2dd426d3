"""A worker that leaves for good: what it served is ready elsewhere before the cluster forgets it."""

from __future__ import annotations

import dataclasses

import pytest

from ops import errors
from ops.adapters.kubernetes_cluster import Node, Pod
from ops.nodes import leave
from tests.nodes.facts import gateway, node, pair, pod, pods


class Api:
    """A cluster of two workers that makes evicted pods again on the first one, ready after so many looks."""

    def __init__(self, found: tuple[Pod, ...], slow: int, *, ready: bool = True) -> None:
        self.found = list(found)
        self.slow = slow
        self.members = [node("gpu1"), node("gpu2", ready=ready)]
        self.log: list[str] = []

    def nodes(self) -> tuple[Node, ...]:
        return tuple(self.members)

    def pods(self) -> tuple[Pod, ...]:
        self.slow -= 1
        self.found = [
            dataclasses.replace(item, ready=item.ready or self.slow <= 0) for item in self.found if not item.leaving
        ]
        return tuple(self.found)

    def cordon(self, name: str, owner: str) -> bool:
        self.log.append(f"cordon {name} for {owner}")
        return True

    def evict(self, gone: Pod) -> bool:
        self.log.append(f"evict {gone.name}")
        self._again(gone)
        return True

    def forget(self, name: str) -> None:
        self.log.append(f"forget {name}")
        for gone in [item for item in self.found if item.node == name]:
            self._again(gone)
        self.members = [item for item in self.members if item.name != name]

    def _again(self, gone: Pod) -> None:
        self.found = [dataclasses.replace(item, leaving=item.leaving or item.key == gone.key) for item in self.found]
        self.found.append(dataclasses.replace(gone, name=f"{gone.name}+", node="gpu1", ready=False, leaving=False))


def run(api: Api, name: str = "gpu2") -> list[str]:
    said: list[str] = []
    leave.leave(api, pair(), name, said.append, lambda _: None)  # type: ignore[arg-type] # only what leaving uses
    return said


def test_a_node_is_forgotten_when_all_that_it_served_is_ready_elsewhere() -> None:
    api = Api(pods(), slow=6)
    said = run(api)
    assert api.log == ["cordon gpu2 for removal", "evict t2", "evict g2", "forget gpu2"]
    assert any("replicas serve" in line for line in said)
    assert all(item.ready and item.node == "gpu1" for item in api.found)


def test_a_node_that_does_not_answer_is_forgotten_first() -> None:
    api = Api(pods(), slow=3, ready=False)
    assert "gpu2 does not answer" in run(api)[0]
    assert api.log == ["cordon gpu2 for removal", "forget gpu2", "forget gpu2"]


def test_a_node_that_the_cluster_does_not_know_is_left_alone() -> None:
    api = Api(pods(), slow=0)
    assert run(api, "gpu9") == []
    assert api.log == []


def test_a_node_stays_while_the_others_do_not_carry_the_site(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leave, "_START_SECONDS", -1.0)
    api = Api(pods(), slow=1000)
    with pytest.raises(errors.TimeoutExpiredError, match="model smollm2: 1 of 2 replicas serve"):
        run(api)
    assert "forget gpu2" not in api.log


def test_what_serves_on_the_node_itself_does_not_count() -> None:
    found = (pod("t1", "gpu2"), pod("t2", "gpu1"), gateway("g1", "gpu1"), gateway("g2", "gpu1"))
    assert leave.missing(pair(), found, "gpu2") == ("model smollm2: 1 of 2 replicas serve",)
    assert leave.missing(pair(), found, "gpu3") == ()
