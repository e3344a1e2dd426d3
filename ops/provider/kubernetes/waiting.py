"""Wait until an object is ready, or gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping

from ops import errors
from ops.provider import engine, wire
from ops.provider.kubernetes import readiness
from ops.provider.kubernetes.connection import Connection, Object, Reference, UnknownKindError
from ops.provider.wire import Properties

DEFAULT_SECONDS = 600.0
"""The official plugin's limit for workloads."""

_PAUSE_SECONDS = (0.2, 0.3, 0.5, 1.0)
"""Pauses between looks; the last one repeats."""

SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"


class NotReadyError(Exception):
    """An object did not become ready; holds what it looked like last."""

    def __init__(self, last: Object, reason: str) -> None:
        super().__init__(reason)
        self.last = last
        self.reason = reason


def annotation(inputs: Properties, name: str) -> str | None:
    """Return an annotation of an object, None when it has none."""
    metadata = wire.reveal(inputs.get("metadata"))
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    value = annotations.get(name) if isinstance(annotations, dict) else None
    return value if isinstance(value, str) else None


def skipped(inputs: Properties) -> bool:
    """Say whether the program wants no waiting for an object."""
    return annotation(inputs, SKIP) == "true"


def limit(inputs: Properties, timeout: float) -> float:
    """Return how many seconds to wait: from the resource's custom timeouts, the annotation, or the default."""
    return timeout or float(annotation(inputs, TIMEOUT) or DEFAULT_SECONDS)


class Waiter:
    """Looks at objects until they are as wanted; ends early when cancelled."""

    def __init__(self, connection: Connection, journal: engine.Journal, cancelled: threading.Event) -> None:
        self._connection = connection
        self._journal = journal
        self._cancelled = cancelled
        self._said = ""

    def until_ready(self, reference: Reference, first: Object, seconds: float) -> Object:
        """Return the object once it is ready. Raise NotReadyError when it failed, or after the time limit."""
        rule = readiness.RULES.get((reference.api_version.rpartition("/")[0], reference.kind))
        if rule is None:
            return first
        deadline = time.monotonic() + seconds
        found: Object | None = first
        for look in range(1_000_000):
            if found is None:
                raise NotReadyError(first, f"{reference} was deleted by somebody else while it became ready")
            verdict = rule(found, _Lookup(self._connection))
            if verdict.ready:
                return found
            if verdict.failed:
                raise NotReadyError(found, f"{reference} failed: {verdict.message}")
            self._say(verdict.message)
            if self._pause(look):
                raise NotReadyError(found, f"cancelled while waiting for {reference}: {verdict.message}")
            if time.monotonic() > deadline:
                raise NotReadyError(found, f"{reference} was not ready after {seconds:g} s: {verdict.message}")
            found = self._connection.get(reference)
        raise AssertionError("the deadline ends the loop")

    def until_gone(self, reference: Reference, seconds: float) -> None:
        """Return once an object is gone, or another of its name has taken its place. Raise TimeoutExpiredError."""
        deadline = time.monotonic() + seconds
        first = self._connection.get(reference)
        found = first
        look = 0
        while found is not None and first is not None and _same(found, first):
            message = _why_not_gone(found)
            self._say(message)
            if self._pause(look) or time.monotonic() > deadline:
                raise errors.TimeoutExpiredError(
                    f"{reference} is not gone after {seconds:g} s: {message}",
                    where=reference.identifier,
                    mend="find out what holds it (kubectl describe), then run Pulumi again",
                )
            look += 1
            found = self._connection.get(reference)

    def _pause(self, look: int) -> bool:
        """Wait a moment; say whether the run was cancelled meanwhile."""
        return self._cancelled.wait(_PAUSE_SECONDS[min(look, len(_PAUSE_SECONDS) - 1)])

    def _say(self, message: str) -> None:
        if message != self._said:
            self._said = message
            self._journal.status(message)


def _same(found: Object, first: Object) -> bool:
    return bool(found["metadata"]["uid"] == first["metadata"]["uid"])


def _why_not_gone(found: Object) -> str:
    finalizers = found["metadata"].get("finalizers") or found.get("spec", {}).get("finalizers")
    conditions = found.get("status", {}).get("conditions") or []
    remaining = [
        item["message"] for item in conditions if item.get("status") == "True" and "Remaining" in item.get("type", "")
    ]
    detail = remaining or ([f"finalizers {', '.join(finalizers)}"] if finalizers else [])
    return f"being deleted{': ' if detail else ''}{'; '.join(detail)}"


class _Lookup:
    """Answers rules from the API server; a kind that it has not got has no objects."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def find(self, api_version: str, kind: str, name: str, namespace: str | None) -> Object | None:
        return self._connection.get(Reference(api_version, kind, name, namespace))

    def list(self, api_version: str, kind: str, namespace: str, labels: Mapping[str, str]) -> list[Object]:
        try:
            return self._connection.list(api_version, kind, namespace, labels)
        except UnknownKindError:
            return []
