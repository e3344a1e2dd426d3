"""What a rule says about an object, and what it may ask."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Protocol

Object = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Verdict:
    """How an object stands."""

    ready: bool
    message: str
    """One line for people: what it waits for, or why it is ready."""
    failed: bool = False
    """It will not become ready by waiting."""


class Cluster(Protocol):
    """What a rule may look up beside the object itself."""

    def find(self, api_version: str, kind: str, name: str, namespace: str | None) -> Object | None:
        """Return one object, None when it is not there."""

    def list(self, api_version: str, kind: str, namespace: str, labels: Mapping[str, str]) -> list[Object]:
        """Return the objects in a namespace that carry labels."""


Rule = Callable[[Object, Cluster], Verdict]


def condition(found: Object, kind: str) -> Mapping[str, Any]:
    """Return an object's condition of that type, {} when it has none."""
    conditions = found.get("status", {}).get("conditions") or []
    return next((item for item in conditions if item["type"] == kind), {})


def is_observed(found: Object) -> bool:
    """Say whether the controller has seen the object as it is now."""
    observed = found.get("status", {}).get("observedGeneration", 0)
    return bool(observed >= found["metadata"].get("generation", 0))


def pods_of(found: Object, cluster: Cluster) -> list[Object]:
    """Return the pods that a workload selects by labels."""
    labels = found["spec"].get("selector", {}).get("matchLabels") or {}
    return cluster.list("v1", "Pod", found["metadata"]["namespace"], labels) if labels else []
