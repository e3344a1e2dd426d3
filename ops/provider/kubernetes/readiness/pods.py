"""Why pods do not run, in one line each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ops.provider.kubernetes.readiness import verdict
from ops.provider.kubernetes.readiness.verdict import Object

_USUAL = frozenset({"ContainerCreating", "PodInitializing"})
"""Reasons to wait that every pod has for a moment."""
_MOST = 3
"""Pods that a message names."""


def reasons(pods: Iterable[Object]) -> str:
    """Return why pods are not ready: '; gateway-7d4f-x2: container gateway: ImagePullBackOff: …', '' for no reason."""
    found = [f"{pod['metadata']['name']}: {reason}" for pod in pods for reason in [_reason(pod)] if reason]
    shown = "; ".join(found[:_MOST])
    more = f"; and {len(found) - _MOST} more" if len(found) > _MOST else ""
    return f"; {shown}{more}" if found else ""


def _reason(pod: Object) -> str:
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        return ""
    scheduled = verdict.condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"{scheduled.get('reason', 'not scheduled')}: {scheduled.get('message', '')}"
    for group in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(group) or []:
            reason = _container_reason(container)
            if reason:
                return f"container {container['name']}: {reason}"
    if status.get("phase") == "Failed":
        return f"{status.get('reason', 'failed')}: {status.get('message', '')}"
    return ""


def _container_reason(container: Mapping[str, Any]) -> str:
    state = container.get("state") or {}
    waiting = state.get("waiting") or {}
    if waiting.get("reason") and waiting["reason"] not in _USUAL:
        last = (container.get("lastState") or {}).get("terminated") or {}
        ended = f" (ended with {last['exitCode']})" if "exitCode" in last else ""
        return f"{waiting['reason']}: {waiting.get('message', '')}{ended}"
    ended_now = state.get("terminated") or {}
    if ended_now.get("exitCode"):
        return f"{ended_now.get('reason', 'ended')} with {ended_now['exitCode']}: {ended_now.get('message', '')}"
    return ""
