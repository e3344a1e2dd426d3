"""Write down each result that changed something, or in check mode would change it, and whether it is disruptive.

ansible-runner's events carry no tags, and of a task with `no_log` not even whether it changed. This callback appends
one JSON line for each changed result to a file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: changes
    type: aggregate
    short_description: write down changed results
    description: Appends one JSON line for each changed result to a file; names, places and tags, no data.
    options:
      file:
        description: File to append to.
        type: path
        required: true
        env:
          - name: SITEWRIGHT_CHANGES_FILE
"""

TAG = "disruptive"


class CallbackModule(CallbackBase):  # type: ignore[misc] # ansible carries no types
    """Append changed results to a file."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "changes"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Take a result that did not fail."""
        if not result.is_changed():
            return
        task = result.task
        line = {"host": result.host.get_name(), "path": task.get_path(), "disruptive": TAG in task.tags}
        with Path(self.get_option("file")).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
