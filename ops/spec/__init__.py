"""The site spec: `load` is the one way from a `site.yml` to a `Site`, and every door of the suite goes through it."""

from __future__ import annotations

import typing

if typing.TYPE_CHECKING:
    from pathlib import Path

    from ops.spec.model import Site


def load(path: Path) -> Site:
    """Given the path of a `site.yml`, return the effective site. Raise SpecError with all its faults."""
    from ops.spec import loader  # noqa: PLC0415 - ops.cli.bootstrap uses ops.spec.places before pydantic is installed

    return loader.load(path)
