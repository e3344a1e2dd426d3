"""The recovery points of a site: as this machine knows them, and whether one can be had back."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ops.actions import depositing, prepare, vault_remote
from ops.recovery import catalogue, signing
from ops.recovery.catalogue import Catalogue, Entry
from ops.spec import model


@dataclasses.dataclass(frozen=True)
class Listed:
    """The recovery points of a site; `notes` is what a person should know of them."""

    site: model.Site
    catalogue: Catalogue
    notes: tuple[str, ...]


def list_(argument: str, *, offline: bool) -> Listed:
    """Return all recovery points whose manifests lie on this machine; fetch the newest first unless `offline`."""
    _, site = depositing.load(argument)
    notes = () if offline else vault_remote.fetch(site).refused
    root = signing.load_root(prepare.workspace(site).recovery_root_public)
    return Listed(site, catalogue.read(prepare.workspace(site).points, root, site=site.name), notes)


def show(argument: str, identifier: str | None, *, offline: bool) -> Entry:
    """Return one verified recovery point, the newest by default. Raise NotFoundError or IntegrityError."""
    _, site = depositing.load(argument)
    if not offline:
        vault_remote.fetch(site)
    root = signing.load_root(prepare.workspace(site).recovery_root_public)
    return catalogue.find(prepare.workspace(site).points, root, site=site.name, identifier=identifier)


def verify(argument: str, identifier: str | None, say: Callable[[str], None], *, wait: float) -> Mapping[str, Any]:
    """Restore and compare every member of a recovery point on the drill host, and return what came back.

    The manifest is verified here first, and must be the very one that the drill host has.
    """
    entry = show(argument, identifier, offline=False)
    _, site = depositing.load(argument)
    words = ["verify", f"--point={entry.point.id}", f"--sha256={entry.sha256}", f"--wait={wait:g}"]
    return vault_remote.call(site, words, say=say)
