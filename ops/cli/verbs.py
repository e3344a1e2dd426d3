"""The verbs that read: validate, show, schema, env, ssh, status. Each asks one action and prints its report."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

Site = Annotated[
    str, typer.Argument(metavar="SITE", help="A site of inventory/, or the path of a site.yml or its directory.")
]
Standing = Annotated[
    str,
    typer.Argument(metavar="SITE", envvar="SITEWRIGHT_SITE", help="The site; `sitewright env` exports the variable."),
]
"""For verbs that look at a site or add to it; those that change one want its name."""
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, on failure too.")]

verbs = typer.Typer(add_completion=False)


@verbs.command()
def validate(site: Site, as_json: Json = False) -> None:
    """Check a site's spec and tell all its faults at once.

    Example: sitewright validate lab
    """
    from ops.actions import validate as action
    from ops.report import spec as report

    verdict = action.validate(site)
    sys.stdout.write(report.verdict_json(verdict) if as_json else report.verdict_text(verdict))


@verbs.command()
def show(site: Site, as_json: Json = False) -> None:
    """Print the effective spec and where each value comes from.

    Example: sitewright show lab
    """
    from ops.actions import show as action
    from ops.report import spec as report

    shown = action.show(site)
    sys.stdout.write(report.shown_json(shown) if as_json else report.shown_text(shown))


@verbs.command()
def schema() -> None:
    """Print the JSON Schema of a site.yml.

    Example: sitewright schema > site.schema.json
    """
    from ops.actions import schema as action

    sys.stdout.write(action.schema())


@verbs.command()
def env(site: Site) -> None:
    """Print export lines so that pulumi, kubectl, curl and openai work on the site.

    Example: eval "$(sitewright env lab)"
    """
    from ops.actions import environment as action
    from ops.report import environment as report

    wanted = action.environment(site, os.environ)
    sys.stdout.write(report.export_lines(wanted.variables))
    for note in wanted.notes:
        sys.stderr.write(f"note: {note}\n")


@verbs.command()
def ssh(
    node: Annotated[str, typer.Argument(metavar="NODE", help="Name of the node.")],
    command: Annotated[
        list[str] | None, typer.Argument(help="Words after --, run as root.", metavar="-- COMMAND")
    ] = None,
    site: Annotated[str, typer.Option(envvar="SITEWRIGHT_SITE", help="The node's site.")] = "lab",
) -> int:
    """Run a command as root on a node, or open root's shell there. The exit code is the command's.

    Example: sitewright ssh cp1 -- systemctl status kubelet
    """
    from ops.actions import ssh as action

    return action.ssh(site, node, command or [])


@verbs.command()
def status(site: Standing = "lab", as_json: Json = False) -> int:
    """Tell how a site is: nodes, models, last answer. Exit code 0: all well; 6: not made yet; 12: something is down.

    Example: sitewright status lab
    """
    from ops.actions import status as action
    from ops.report import status as report

    found = action.status(site)
    sys.stdout.write(report.json_text(found) if as_json else report.text(found))
    for problem in found.problems:
        sys.stderr.write(f"{problem}\n")
    return found.problems[0].exit_code if found.problems else 0
