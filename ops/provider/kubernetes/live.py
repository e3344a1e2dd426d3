"""An object as the server has it: what goes into Pulumi's state, and what of it counts as inputs."""

from __future__ import annotations

import base64
from typing import Any

from ops.provider import wire
from ops.provider.kubernetes.connection import Object
from ops.provider.wire import Properties, Secret, Value

_SECRET_FIELDS = ("data", "stringData")
SERVER_FIELDS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
"""Fields of metadata that the server writes."""


def conceal(inputs: Properties) -> Properties:
    """Return inputs in which what a Secret holds is secret, whatever the program said."""
    if wire.reveal(inputs.get("kind")) != "Secret":
        return inputs
    marked = dict(inputs)
    for field in _SECRET_FIELDS:
        value = marked.get(field)
        if value is not None and not isinstance(value, Secret) and value is not wire.UNKNOWN:
            marked[field] = Secret(wire.reveal(value))
    return marked


def outputs(found: Object, inputs: Properties) -> Properties:
    """Return what state records of an object; secret wherever the inputs are."""
    content: Properties = {key: value for key, value in found.items() if key != "metadata"}
    content["metadata"] = {key: value for key, value in found["metadata"].items() if key != "managedFields"}
    return conceal(wire.conceal_fields_like(content, inputs))


def as_inputs(found: Object) -> Properties:
    """Return an object that is being imported as inputs: without what the server writes."""
    content: Properties = {key: value for key, value in found.items() if key not in {"metadata", "status"}}
    content["metadata"] = {key: value for key, value in found["metadata"].items() if key not in SERVER_FIELDS}
    return conceal(content)


def refreshed(found: Object, old: Properties) -> Properties:
    """Return recorded inputs with the values that the object has now; fields that are gone are left out."""
    recorded = wire.reveal(dict(old))
    current = dict(found)
    if "stringData" in recorded:
        current["stringData"] = _decode(found.get("data") or {}, recorded["stringData"])
    values = {key: _overlay(value, current[key]) for key, value in recorded.items() if key in current}
    return conceal(wire.conceal_fields_like(values, old))


def _overlay(recorded: Any, current: Any) -> Value:
    """Return current values in the shape of recorded ones: the server's defaults are nobody's inputs."""
    if isinstance(recorded, dict) and isinstance(current, dict):
        return {key: _overlay(value, current[key]) for key, value in recorded.items() if key in current}
    if isinstance(recorded, list) and isinstance(current, list) and len(recorded) == len(current):
        return [_overlay(before, now) for before, now in zip(recorded, current, strict=True)]
    result: Value = current
    return result


def _decode(data: dict[str, str], wanted: dict[str, str]) -> dict[str, str]:
    """Return what a Secret holds under some keys as text; the server keeps it as base64 under `data`."""
    return {
        key: base64.b64decode(data[key]).decode("utf-8", errors="replace")
        for key in wanted
        if data.get(key) is not None
    }
