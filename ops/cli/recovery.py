"""The verbs of backup: make a recovery point, look at it, prove it, and verify evidence."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ops.cli.site import say
from ops.cli.verbs import Json, Site, Standing

verbs = typer.Typer(add_completion=False)
points = typer.Typer(help="List, show and verify recovery points.", rich_markup_mode=None)
proofs = typer.Typer(help="Verify the evidence of drills.", rich_markup_mode=None)

Identifier = Annotated[str | None, typer.Argument(metavar="ID", help="A recovery point; the newest one by default.")]
Offline = Annotated[bool, typer.Option("--offline", help="Look only at the copies on this machine.")]
Wait = Annotated[float, typer.Option("--wait", min=0, metavar="SECONDS", help="How long another run may go on.")]


@verbs.command()
def backup(site: Standing = "lab", wait: Wait = 0.0, as_json: Json = False) -> None:
    """Make a recovery point of a site: its drill host backs up, signs, and gives this machine the manifest.

    Example: sitewright backup lab
    """
    from ops.actions import backup as action
    from ops.report import recovery as report

    made = action.backup(site, say, wait=wait)
    sys.stdout.write(report.backup_json(made) if as_json else report.backup_text(made))


@points.callback()
def root_of_points() -> None:
    """List, show and verify recovery points."""


@points.command("list")
def list_(site: Standing = "lab", offline: Offline = False, as_json: Json = False) -> int:
    """List the recovery points of a site, oldest first. Exit code 16: a manifest is refused.

    Example: sitewright recovery-point list lab
    """
    from ops.actions import recovery_point as action
    from ops.report import recovery as report

    listed = action.list_(site, offline=offline)
    sys.stdout.write(report.list_json(listed) if as_json else report.list_text(listed))
    for problem in listed.catalogue.refused:
        sys.stderr.write(f"{problem}\n")
    for note in listed.notes:
        sys.stderr.write(f"note: not taken from the drill host: {note}\n")
    return listed.catalogue.refused[0].exit_code if listed.catalogue.refused else 0


@points.command()
def show(site: Site, identifier: Identifier = None, offline: Offline = False, as_json: Json = False) -> None:
    """Show what a recovery point holds.

    Example: sitewright recovery-point show lab
    """
    from ops.actions import recovery_point as action
    from ops.report import recovery as report

    entry = action.show(site, identifier, offline=offline)
    sys.stdout.write(report.show_json(entry) if as_json else report.show_text(entry))


@points.command()
def verify(site: Site, identifier: Identifier = None, wait: Wait = 0.0, as_json: Json = False) -> None:
    """Restore every member of a recovery point on the drill host and compare each file with the signed manifest.

    Example: sitewright recovery-point verify lab
    """
    from ops.actions import recovery_point as action
    from ops.report import recovery as report

    result = action.verify(site, identifier, say, wait=wait)
    sys.stdout.write(report.verified_json(result) if as_json else report.verified_text(result))


@points.command()
def fetch(
    site: Site,
    identifier: Annotated[str, typer.Argument(metavar="ID", help="A recovery point.")],
    kinds: Annotated[list[str], typer.Option("--member", metavar="KIND", help="A member, such as etcd.")],
    into: Annotated[Path, typer.Option("--into", metavar="FILE", help="The archive, for this user alone.")],
) -> None:
    """Restore members of a recovery point to a tar archive here, compared with the signed manifest. It holds secrets.

    Example: sitewright recovery-point fetch lab 20261124T100000Z-0a1b2c --member etcd --member pki --into point.tar
    """
    from ops.actions import members as action

    action.fetch_named(site, identifier, kinds, into, say)
    sys.stdout.write(f"{into}\n")


@proofs.callback()
def root_of_proofs() -> None:
    """Verify the evidence of drills."""


@proofs.command("verify")
def verify_evidence(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A record (.json) or a page (.html) of a drill.")],
    root: Annotated[Path | None, typer.Option("--root", metavar="FILE", help="The root's public key.")] = None,
    site: Annotated[str | None, typer.Option("--site", metavar="NAME", help="The site that it must be of.")] = None,
    as_json: Json = False,
) -> None:
    """Verify that a record or page is as it was signed, byte by byte. Needs no service and no network.

    Example: sitewright evidence verify ~/.local/state/sitewright/lab/evidence/000001-model-restore.json
    """
    from ops.actions import evidence as action
    from ops.report import recovery as report

    verified = action.verify(file, root=root, site=site)
    sys.stdout.write(report.evidence_json(verified) if as_json else report.evidence_text(verified))
