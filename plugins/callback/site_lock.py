"""Hold the site's lock while a playbook changes the site, by whichever door it was started.

A playbook that Pulumi or `sitewright site up` runs is part of that run and joins its lock. Check mode reads only and
takes none.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase

from ops import errors
from ops.adapters import site_lock
from ops.spec import places

DOCUMENTATION = """
    name: site_lock
    type: aggregate
    short_description: one run at a time changes a site
    description: Takes the lock of the inventory's site before the first play, and gives it back with the process.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc] # ansible carries no types
    """Take the lock before the first play."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "site_lock"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._holding = contextlib.ExitStack()
        self._asked = False

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Take the lock, or end the run with exit code 11: ansible goes on when a callback only raises an error."""
        if self._asked or context.CLIARGS["check"]:
            return
        self._asked = True
        name = site_name(play)
        if name is None:
            return
        try:
            self._holding.enter_context(site_lock.hold(places.state_directory(name)))
        except errors.LockedError as error:
            sys.stderr.write(f"{error}\n")
            sys.exit(error.exit_code)


def site_name(play: Any) -> str | None:
    """Return the name of the site whose inventory a play uses; None where the inventory is not a site's."""
    inventory = play.get_variable_manager()._inventory
    for host in inventory.get_hosts(ignore_limits=True):
        if "site_name" in host.vars:
            return str(host.vars["site_name"])
    return None
