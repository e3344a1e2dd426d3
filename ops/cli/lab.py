"""The verbs of lab machines."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ops.cli.verbs import Site

verbs = typer.Typer(help="Switch lab machines on and off.", rich_markup_mode=None)

Node = Annotated[str, typer.Argument(metavar="NODE", help="Name of the node.")]


@verbs.callback()
def root() -> None:
    """Switch lab machines on and off."""


@verbs.command("list")
def list_() -> None:
    """List the labs of which anything is on this host.

    Example: sitewright lab list
    """
    from ops.actions import lab as action

    sys.stdout.writelines(f"{name}\n" for name in action.names())


@verbs.command()
def start(site: Site, node: Node) -> None:
    """Switch a machine on.

    Example: sitewright lab start lab gpu1
    """
    from ops.actions import lab as action

    sys.stdout.write(f"{node} {'started' if action.start(site, node) else 'ran already'}\n")


@verbs.command()
def stop(site: Site, node: Node) -> None:
    """Shut a machine down cleanly.

    Example: sitewright lab stop lab gpu1
    """
    from ops.actions import lab as action

    sys.stdout.write(f"{node} {'stopped' if action.stop(site, node) else 'did not run'}\n")


@verbs.command("power-cut")
def power_cut(site: Site, node: Node) -> None:
    """End a machine as a power cut does.

    Example: sitewright lab power-cut lab gpu1
    """
    from ops.actions import lab as action

    sys.stdout.write(f"{node} {'lost its power' if action.power_cut(site, node) else 'did not run'}\n")
