"""The verb that shows a site on one page."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.cli.verbs import Json, Standing

verbs = typer.Typer(add_completion=False)


@verbs.command()
def report(
    site: Standing = "lab",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; by default SITE-report.html here.")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 365, help="How far the charts go back.")] = 6.0,
    as_json: Json = False,
) -> None:
    """Write one self-contained page of a site: alerts, tokens, nodes, models, backups, drills; print its path.

    With --json the same is printed as a document, and the page is written only where --output names a file.

    Example: sitewright report lab --hours 24
    """
    from ops.actions import report as action
    from ops.report import site as page

    found = action.report(site, hours)
    target = output or (None if as_json else Path(f"{found.status.site}-report.html"))
    if target is not None:
        target.write_text(page.html(found), encoding="utf-8")
    sys.stdout.write(page.json_text(found) if as_json else f"{target}\n")
