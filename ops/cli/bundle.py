"""The verbs of the bundle."""

from __future__ import annotations

import sys
from pathlib import Path
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


@verbs.command()
def weights(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A .gguf file, or a directory of weights.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print what a model card says of weights on this machine: path, size and digest.

    Example: sitewright bundle weights /srv/models/tiny-chat.gguf
    """
    from ops.actions import bundle_build as action
    from ops.report import json_document

    found = action.weigh(path)
    lines = {"path": str(found.path), "size": found.size, "digest": found.digest}
    text = json_document.render(lines) if json else "".join(f"{key}: {value}\n" for key, value in lines.items())
    sys.stdout.write(text)
