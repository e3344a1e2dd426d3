"""What the cluster serves: the plan's plain Kubernetes objects, each as a Pulumi resource of its own."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import cast

import pulumi

from ops.plan import serving
from ops.spec import model
from stacks.cluster import Cluster
from stacks.configuration import Settings
from stacks.hosts import Hosts

KubernetesObject = Mapping[str, object]

_WORKLOADS = frozenset({"DaemonSet", "Deployment", "Job", "StatefulSet"})
"""Kinds that run pods; they come after all that their pods need."""


class Serving(pulumi.ComponentResource):
    """Triton with the site's models, and the gateway in front of it."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        cluster: Cluster,
        hosts: Hosts,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("sitewright:stack:Serving", name, {}, opts)
        self._cluster = cluster
        self._machine = next(iter(hosts.machines.values()), None)
        workers = [hosts.nodes[node.name] for node in settings.site.nodes_with(model.Role.WORKER)]
        made: dict[str, pulumi.CustomResource] = {}
        wanted = serving.objects(settings.site, settings.images, settings.key_hashes)
        for item in sorted(wanted, key=stage):
            before = [made[logical_name(other)] for other in wanted if precedes(other, item)]
            made[logical_name(item)] = self._register(item, [*before, *workers[: copies(item)]])
        self.register_outputs({"objects": sorted(made)})

    def _register(self, item: KubernetesObject, before: Sequence[pulumi.CustomResource]) -> pulumi.CustomResource:
        options = pulumi.ResourceOptions(
            parent=self,
            provider=self._cluster.provider,
            depends_on=before,
            # A lab's cluster goes with its machines: nothing is asked of a cluster that is about to be gone.
            deleted_with=self._machine,
        )
        return pulumi.CustomResource(type_token(item), logical_name(item), properties(item), options)


class Stage(enum.IntEnum):
    """Rounds in which objects are declared."""

    NAMESPACES = 0
    NEEDS = 1
    """What pods need, and what needs no pods."""
    WORKLOADS = 2
    SERVICES = 3


def stage(item: KubernetesObject) -> Stage:
    """Return the round of an object."""
    if item["kind"] == "Namespace":
        return Stage.NAMESPACES
    if item["kind"] == "Service":
        return Stage.SERVICES
    return Stage.WORKLOADS if item["kind"] in _WORKLOADS else Stage.NEEDS


def precedes(other: KubernetesObject, item: KubernetesObject) -> bool:
    """Say whether one object must stand before another is applied.

    Pods come after what they need. A Service comes after the workload that it selects: it is ready only when pods
    are, and a workload that fails tells the reason at once.
    """
    before, after = stage(other), stage(item)
    if before is Stage.NAMESPACES:
        return after is not Stage.NAMESPACES
    if after is Stage.SERVICES:
        return before is Stage.WORKLOADS and _selects(item, other)
    return (before, after) == (Stage.NEEDS, Stage.WORKLOADS)


def copies(item: KubernetesObject) -> int:
    """Return how many workers a workload asks for, so that its pods find them all and spread at once; else 0."""
    replicas = _at(item, "spec").get("replicas", 1)
    return int(str(replicas)) if stage(item) is Stage.WORKLOADS else 0


def _selects(service: KubernetesObject, workload: KubernetesObject) -> bool:
    """Say whether a Service's selector fits the labels of a workload's pods."""
    selector = _at(service, "spec", "selector")
    labels = _at(workload, "spec", "template", "metadata", "labels")
    return bool(selector) and selector.items() <= labels.items()


def _at(item: KubernetesObject, *keys: str) -> Mapping[str, object]:
    """Return the mapping at a path, {} when there is none."""
    found: object = item
    for key in keys:
        found = found.get(key, {}) if isinstance(found, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def type_token(item: KubernetesObject) -> str:
    """Return Pulumi's type of an object: 'kubernetes:apps/v1:Deployment', 'kubernetes:core/v1:Secret'."""
    version = str(item["apiVersion"])
    group = version if "/" in version else f"core/{version}"
    return f"kubernetes:{group}:{item['kind']}"


def logical_name(item: KubernetesObject) -> str:
    """Return an object's name in the stack: 'deployment-gateway'."""
    metadata = cast("Mapping[str, object]", item["metadata"])
    return f"{str(item['kind']).lower()}-{metadata['name']}"


def properties(item: KubernetesObject) -> dict[str, object]:
    """Return an object's fields as Pulumi inputs; what a Secret holds is secret."""
    properties = dict(item)
    if item["kind"] == "Secret":
        for field in ("data", "stringData"):
            if field in properties:
                properties[field] = pulumi.Output.secret(properties[field])
    return properties
