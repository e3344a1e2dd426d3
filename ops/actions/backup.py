"""Make a recovery point of a site by its drill host, and keep its manifest on this machine too."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from ops import errors
from ops.actions import depositing, prepare, vault_remote
from ops.spec import model


@dataclasses.dataclass(frozen=True)
class BackedUp:
    """A recovery point that the drill host made; `manifest` is the copy on this machine."""

    site: model.Site
    identifier: str
    manifest: str
    details: Mapping[str, Any]


def backup(argument: str, say: Callable[[str], None], *, wait: float = 0.0) -> BackedUp:
    """Deposit what only this machine has, make a recovery point, and fetch its manifest.

    `wait` is how many seconds another backup or drill may go on. Raise what happened on the drill host, and
    IntegrityError when its manifest does not verify here.
    """
    path, site = depositing.load(argument)
    vault_remote.push_deposit(path, site, say)
    made = vault_remote.call(site, ["backup", f"--wait={wait:g}"], say=say)
    identifier = str(made["recovery_point"])
    fetched = vault_remote.fetch(site)
    if identifier not in fetched.points:
        raise errors.IntegrityError(
            f"the manifest of {identifier} does not verify on this machine: {'; '.join(fetched.refused)}",
            where=str(prepare.workspace(site).points),
            mend="compare keys/recovery_root.pub with keys/root.pub of the drill host, then back up again",
        )
    for line in fetched.refused:
        say(f"not taken: {line}")
    return BackedUp(site, identifier, str(prepare.workspace(site).points / f"{identifier}.json"), made)
