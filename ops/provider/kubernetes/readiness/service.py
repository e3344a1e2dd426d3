"""A Service is ready when something answers behind it."""

from __future__ import annotations

from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, cluster: Cluster) -> Verdict:
    """Return whether a service has a ready endpoint; headless, external and selector-less ones need none."""
    spec = found["spec"]
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector"):
        return Verdict(ready=True, message="the service needs no endpoints")
    metadata = found["metadata"]
    # EndpointSlices name their service in this label (k8s.io/api/discovery/v1, LabelServiceName).
    labels = {"kubernetes.io/service-name": metadata["name"]}
    slices = cluster.list("discovery.k8s.io/v1", "EndpointSlice", metadata["namespace"], labels)
    endpoints = [endpoint for item in slices for endpoint in item.get("endpoints") or []]
    ready = [endpoint for endpoint in endpoints if (endpoint.get("conditions") or {}).get("ready") is not False]
    if not ready:
        return Verdict(ready=False, message=f"none of {len(endpoints)} endpoints is ready")
    if spec.get("type") == "LoadBalancer" and not found.get("status", {}).get("loadBalancer", {}).get("ingress"):
        return Verdict(ready=False, message="waiting for the load balancer's address")
    return Verdict(ready=True, message=f"{len(ready)} endpoints ready")
