"""The verbs of the bundle."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

verbs = typer.Typer(help="Make what a site installs, on this machine.", rich_markup_mode=None)


@verbs.callback()
def root() -> None:
    """Make what a site installs, on this machine."""


@verbs.command()
def build(
    artifacts: Annotated[list[str] | None, typer.Argument(metavar="ARTIFACT", help="Names; none: all of them.")] = None,
) -> None:
    """Build what is missing of the bundle, and print where each artifact lies.

    Example: sitewright bundle build
    """
    from ops.actions import bundle_build as action
    from ops.report import table

    bundle = action.bundle_build(artifacts or None)
    sys.stdout.write(table.render([(name, str(path)) for name, path in bundle.paths.items()]))
