"""Write down each task tagged `disruptive` that changed something, or in check mode would change it.

ansible-runner's events do not carry the tags of a task. This callback appends one JSON line for each such result
to the file named in SITEWRIGHT_DISRUPTIVE_FILE.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: disruptive
    type: aggregate
    short_description: write down changed tasks that are tagged disruptive
    description: Appends one JSON line for each changed result of a task tagged C(disruptive) to a file.
    options:
      file:
        description: File to append to; nothing is written when it is not set.
        type: path
        env:
          - name: SITEWRIGHT_DISRUPTIVE_FILE
"""

TAG = "disruptive"


class CallbackModule(CallbackBase):  # type: ignore[misc] # ansible carries no types
    """Append changed results of disruptive tasks to a file."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "disruptive"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Take a result that did not fail."""
        file = os.environ.get("SITEWRIGHT_DISRUPTIVE_FILE")
        task = result.task
        if not file or TAG not in task.tags or not result.is_changed():
            return
        line = {"host": result.host.get_name(), "name": task.get_name(), "path": task.get_path(), "tags": task.tags}
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
