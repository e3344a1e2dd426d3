"""Print the JSON Schema of a site's spec."""

from __future__ import annotations

from ops.spec import reference


def schema() -> str:
    """Return the JSON Schema of a `site.yml`."""
    return reference.site_schema()
