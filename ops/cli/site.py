"""The verbs that change a site."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ops.cli.verbs import Site

verbs = typer.Typer(help="Make a site, or take a lab away.", rich_markup_mode=None)


def say(line: str) -> None:
    """Write one line of progress to stderr."""
    sys.stderr.write(f"sitewright: {line}\n")


@verbs.callback()
def root() -> None:
    """Make a site, or take a lab away."""


@verbs.command()
def up(site: Site) -> None:
    """Make a site what its spec says, and end with its model's answer.

    Example: sitewright site up lab
    """
    from ops.actions import site as action
    from ops.report import answer

    sys.stdout.write(answer.text(action.up(site, say)))


@verbs.command()
def prepare(site: Site) -> None:
    """Make bundle, keys and seed of a site on this machine, and touch no node; `pulumi up` does the rest.

    Example: sitewright site prepare lab
    """
    from ops.actions import site as action

    made = action.prepare_only(site, say)
    sys.stdout.write(f"site {made.name} is prepared on this machine\n")


@verbs.command()
def destroy(
    site: Site,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the site's name.")] = False,
) -> None:
    """Remove a lab wholly: machines, networks, stack, keys.

    Example: sitewright site destroy lab
    """
    from ops.actions import site as action

    if not yes:
        typer.confirm(f"Remove lab {site} with all that is in it?", abort=True)
    for line in action.destroy(site, say):
        sys.stdout.write(f"removed {line}\n")
