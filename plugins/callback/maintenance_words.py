"""Say at the end of a maintenance run what stays as it is, however it ended, and give our errors their exit codes."""

from __future__ import annotations

import atexit
import importlib
import os
import sys
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: maintenance_words
    type: aggregate
    short_description: last words of a maintenance run
    description: After a failure or an interruption, says which node stays cordoned and how to go on.
"""

_VARIABLE = "maintenance_act"


class CallbackModule(CallbackBase):  # type: ignore[misc] # ansible carries no types
    """Watches the plays of playbooks/maintenance.yml, and no others."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "maintenance_words"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._watching = False
        self._exit_code = 0

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Load what the tasks need once, before ansible forks for each of them, and be there at the end."""
        if self._watching or _VARIABLE not in play.get_vars():
            return
        self._watching = True
        action = importlib.import_module("ops.actions.maintenance")
        inventory = play.get_variable_manager()._inventory
        name = next(str(host.vars["site_name"]) for host in inventory.get_hosts(ignore_limits=True))
        process = os.getpid()

        def tell() -> None:
            words = action.last_words(name) if os.getpid() == process else ""
            if words:
                sys.stderr.write(f"{words}\n")

        atexit.register(tell)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Keep the exit code of an error of ours."""
        self._exit_code = int(result.result.get("exit_code", 0)) or self._exit_code

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """End with the exit code of our error where the run has failed: ansible knows only 2."""
        if self._exit_code and stats.failures:
            sys.exit(self._exit_code)
