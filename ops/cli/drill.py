"""The verbs of drills: what can be tried, try it, and what came of it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ops.cli.site import say
from ops.cli.verbs import Json, Standing

verbs = typer.Typer(help="Try restores, and show what came of it.", rich_markup_mode=None)


@verbs.callback()
def root() -> None:
    """Try restores, and show what came of it."""


@verbs.command("list")
def list_(
    site: Annotated[str | None, typer.Argument(metavar="SITE", help="Say what this site wants and allows.")] = None,
    as_json: Json = False,
) -> None:
    """List the drills that there are, and whether they are safe on a site that serves.

    Example: sitewright drill list
    """
    from ops.actions import drill as action
    from ops.report import drill as report

    known = action.known() if site is None else action.known_at(site)
    sys.stdout.write(report.list_json(known) if as_json else report.list_text(known))


@verbs.command()
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A drill of the list.")],
    site: Standing = "lab",
    point: Annotated[str | None, typer.Option(metavar="ID", help="A recovery point; the newest by default.")] = None,
    destroys: Annotated[
        bool, typer.Option("--destroys-control-plane", help="Yes, destroy the lab's control plane.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Run a drill. Exit code 0: passed; 4: failed; 7: void, it proved nothing.

    Example: sitewright drill run model-restore lab
    """
    from ops.actions import drill as action
    from ops.report import drill as report

    made = action.run(site, name, say, point=point, destroys=destroys)
    sys.stdout.write(report.run_json(made) if as_json else report.run_text(made))
    return action.exit_code(made)


@verbs.command()
def report(site: Standing = "lab", as_json: Json = False) -> None:
    """Show the last run of each drill from the signed evidence, which is verified first.

    Example: sitewright drill report lab
    """
    from ops.actions import drill as action
    from ops.report import drill as reports

    found = action.report(site, say)
    sys.stdout.write(reports.report_json(found) if as_json else reports.report_text(found))
