"""Nodes and pods of a small cluster, for tests."""

from __future__ import annotations

import dataclasses
from typing import Any

from ops import spec
from ops.adapters.kubernetes_cluster import Node, Pod
from ops.spec import locate, model

GIB = 2**30


def pair() -> model.Site:
    """Return the lab with two workers."""
    return spec.load(locate.resolve("lab-pair"))


def node(name: str, **changes: Any) -> Node:
    """Return a ready node."""
    plain = Node(
        name, ready=True, schedulable=True, owner="", control_plane=False, runtime="2.2.0", memory=8 * GIB, gpus=0
    )
    return dataclasses.replace(plain, **changes)


def cluster() -> tuple[Node, ...]:
    """Return the nodes of the pair."""
    return (node("cp1", control_plane=True, tainted=True), node("gpu1"), node("gpu2"))


def pod(name: str, where: str, **changes: Any) -> Pod:
    """Return a ready replica of the model."""
    plain = Pod(
        namespace="models",
        name=name,
        node=where,
        owner="ReplicaSet/triton",
        desired=2,
        labels={"app.kubernetes.io/instance": "triton-smollm2"},
        ready=True,
        leaving=False,
        finished=False,
        static=False,
        memory=GIB,
        gpus=0,
    )
    return dataclasses.replace(plain, **changes)


def gateway(name: str, where: str, **changes: Any) -> Pod:
    """Return a ready replica of the gateway."""
    plain = {"owner": "ReplicaSet/gateway", "labels": {"app.kubernetes.io/instance": "gateway"}, "memory": GIB // 8}
    return pod(name, where, **{**plain, **changes})


def pods() -> tuple[Pod, ...]:
    """Return what serves on the pair, well spread."""
    return (pod("t1", "gpu1"), pod("t2", "gpu2"), gateway("g1", "gpu1"), gateway("g2", "gpu2"))
