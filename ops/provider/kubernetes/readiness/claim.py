"""A PersistentVolumeClaim is ready when it is bound, or when its storage class waits for the first pod."""

from __future__ import annotations

from ops.provider.kubernetes.readiness.verdict import Cluster, Object, Verdict


def judge(found: Object, cluster: Cluster) -> Verdict:
    """Return whether a claim is bound."""
    phase = found.get("status", {}).get("phase", "Pending")
    if phase == "Bound":
        return Verdict(ready=True, message="the claim is bound")
    if phase == "Lost":
        return Verdict(ready=False, message="the claim has lost its volume", failed=True)
    name = found["spec"].get("storageClassName")
    storage = cluster.find("storage.k8s.io/v1", "StorageClass", name, None) if name else None
    if storage is not None and storage.get("volumeBindingMode") == "WaitForFirstConsumer":
        return Verdict(ready=True, message="the claim waits for its first pod")
    return Verdict(ready=False, message=f"the claim is {phase.lower()}")
