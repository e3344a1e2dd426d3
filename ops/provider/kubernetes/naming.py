"""Names of objects that the program does not name: the logical name and eight random hexadecimal digits."""

from __future__ import annotations

import hashlib

from ops.provider import wire
from ops.provider.wire import Properties

AUTONAMED = "pulumi.com/autonamed"
"""Annotation that marks a generated name, as the official plugin sets it."""

_DIGITS = 8
_LONGEST = 253
"""Characters of an object's name (RFC 1123 subdomain)."""


def fill(name: str, seed: bytes, old: Properties, new: Properties) -> Properties:
    """Return inputs with a name: the program's, the generated one that is recorded, or a new one from the seed."""
    metadata = wire.reveal(new.get("metadata")) or {}
    if metadata is wire.UNKNOWN or metadata.get("name") is not None:
        return new
    recorded = wire.reveal(old.get("metadata")) or {}
    kept = recorded.get("name") if is_autonamed(old) else None
    suffix = hashlib.sha256(seed + name.encode()).hexdigest()[:_DIGITS]
    annotations = dict(metadata.get("annotations") or {}) | {AUTONAMED: "true"}
    generated = kept or f"{name[: _LONGEST - _DIGITS - 1]}-{suffix}"
    return new | {"metadata": {**metadata, "name": generated, "annotations": annotations}}


def is_autonamed(inputs: Properties) -> bool:
    """Say whether an object carries a generated name."""
    metadata = wire.reveal(inputs.get("metadata")) or {}
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return bool(annotations and annotations is not wire.UNKNOWN and annotations.get(AUTONAMED) == "true")
