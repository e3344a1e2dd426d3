"""What a drill is given: the site, its backups, and the other nodes' agents."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

from ops.adapters.agent import Agent
from ops.adapters.restic_repository import Repository
from ops.recovery import vault
from ops.recovery.catalogue import Entry
from ops.recovery.drill import Recorder
from ops.recovery.home import Home
from ops.spec import model

Say = Callable[[str], None]
"""Takes one line of progress."""


@dataclasses.dataclass(frozen=True)
class Setting:
    """A site and one of its recovery points, opened read-only on the drill host."""

    home: Home
    site: model.Site
    images: Mapping[str, str]
    """Digest of every image of the site by its name in the registry."""
    repository: Repository
    """Read-only; every byte comes from the server itself."""
    entry: Entry
    """The recovery point, verified."""
    say: Say

    def agents(self, role: model.Role) -> tuple[Agent, ...]:
        """Return the agents of all nodes with a role."""
        return vault.agents(self.home, self.site, role)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A drill before it knows its site: how it is called, what it shows, and how it is bound to a setting."""

    scenario: str
    title: str
    safe: bool
    """Whether it may run on a site that serves."""
    bind: Callable[[Setting], Callable[[Recorder], None]]


def open_setting(home: Home, say: Say, identifier: str | None = None) -> Setting:
    """Open the site's backups for a drill from a recovery point, the newest one by default.

    Raise NotFoundError when there is no deposit or no recovery point, IntegrityError when its manifest is refused.
    """
    site = vault.site(home)
    return Setting(
        home=home,
        site=site,
        images=vault.deposited(home).images,
        repository=vault.for_drill(home, site),
        entry=vault.find(home, site, identifier),
        say=say,
    )
