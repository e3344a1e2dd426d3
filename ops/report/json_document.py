"""The one form of every JSON document on stdout."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

SCHEMA_VERSION = 1
"""Version of all JSON documents; keys may be added without a new one."""


def render(content: Mapping[str, object], errors: Sequence[Mapping[str, object]] = ()) -> str:
    """Return a document: schema_version, ok, the content, and the errors that there are."""
    head: dict[str, object] = {"schema_version": SCHEMA_VERSION, "ok": not errors}
    return json.dumps(head | dict(content) | {"errors": list(errors)}, indent=2, ensure_ascii=False) + "\n"
