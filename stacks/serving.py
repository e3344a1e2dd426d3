"""What the cluster serves: the plan's plain Kubernetes objects, each as a Pulumi resource of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pulumi

from ops.plan import serving
from stacks.cluster import Cluster
from stacks.configuration import Settings
from stacks.hosts import Hosts

KubernetesObject = Mapping[str, object]

_WORKLOADS = frozenset({"DaemonSet", "Deployment", "Job", "StatefulSet"})
"""Kinds that run pods; they come after all that their pods need."""
_AFTERWARDS = frozenset({"Ingress", "PodDisruptionBudget", "Service"})
"""Kinds that pods do not need; a Service is ready only when pods are."""


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
        made: dict[str, pulumi.CustomResource] = {}
        wanted = serving.objects(settings.site, settings.images, settings.key_hashes)
        for item in sorted(wanted, key=stage):
            before = [made[key] for key in made if _precedes(key, item)]
            made[logical_name(item)] = self._register(item, before)
        self.register_outputs({"objects": sorted(made)})

    def _register(self, item: KubernetesObject, before: list[pulumi.CustomResource]) -> pulumi.CustomResource:
        options = pulumi.ResourceOptions(
            parent=self,
            provider=self._cluster.provider,
            depends_on=before,
            # A lab's cluster goes with its machines: nothing is asked of a cluster that is about to be gone.
            deleted_with=self._machine,
        )
        return pulumi.CustomResource(type_token(item), logical_name(item), _properties(item), options)


def stage(item: KubernetesObject) -> int:
    """Return in which round an object is applied: namespaces, what pods need, pods, the rest."""
    kind = item["kind"]
    if kind == "Namespace":
        return 0
    if kind in _WORKLOADS:
        return 2
    return 3 if kind in _AFTERWARDS else 1


def type_token(item: KubernetesObject) -> str:
    """Return Pulumi's type of an object: 'kubernetes:apps/v1:Deployment', 'kubernetes:core/v1:Secret'."""
    version = str(item["apiVersion"])
    group = version if "/" in version else f"core/{version}"
    return f"kubernetes:{group}:{item['kind']}"


def logical_name(item: KubernetesObject) -> str:
    """Return an object's name in the stack: 'deployment-gateway'."""
    metadata = cast("Mapping[str, object]", item["metadata"])
    return f"{str(item['kind']).lower()}-{metadata['name']}"


def _precedes(made: str, item: KubernetesObject) -> bool:
    """Say whether an object that was registered must stand before another is applied."""
    kind = made.partition("-")[0]
    if kind == "namespace":
        return item["kind"] != "Namespace"
    late = {name.lower() for name in _WORKLOADS | _AFTERWARDS}
    return item["kind"] in _WORKLOADS and kind not in late


def _properties(item: KubernetesObject) -> dict[str, object]:
    """Return an object's fields as Pulumi inputs; what a Secret holds is secret."""
    properties = dict(item)
    if item["kind"] == "Secret":
        for field in ("data", "stringData"):
            if field in properties:
                properties[field] = pulumi.Output.secret(properties[field])
    return properties
