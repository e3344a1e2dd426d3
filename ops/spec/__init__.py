"""The site spec: `load` is the one way from a `site.yml` to a `Site`, and every door of the suite goes through it."""

from ops.spec.loader import load

__all__ = ["load"]
