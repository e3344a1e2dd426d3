"""Ansible action: one call of ops.actions.maintenance on the operator's machine, with its progress as it comes."""

from __future__ import annotations

import dataclasses
import os
import shlex
import sys
import time
from collections.abc import Callable
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ops import errors
from ops.actions import maintenance

_ARGUMENTS = ("do", "act", "nodes", "version", "step", "message", "most_away")


class ActionModule(ActionBase):  # type: ignore[misc] # ansible carries no types
    """`do` is plan, begin, step, note, fail, put_back or stop."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Do it and return Ansible's result; an error of ours is a failed task with its three lines."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = {name: self._task.args.get(name) for name in _ARGUMENTS}
        self._parent = os.getppid()
        self._site = str(task_vars["inventory_file"])
        self._node = str(task_vars["inventory_hostname"])
        try:
            return result | _DOES[str(arguments["do"])](self, arguments)
        except errors.SitewrightError as error:
            return result | {"failed": True, "msg": str(error), "exit_code": error.exit_code}

    def plan(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Plan, and write the journal unless in check mode."""
        request = maintenance.Request(
            site=self._site,
            act=str(arguments["act"]),
            nodes=[str(name) for name in arguments["nodes"]],
            version=str(arguments["version"] or ""),
            command=shlex.join(["ansible-playbook", *sys.argv[1:]]),
            most_away=int(arguments["most_away"]),
        )
        maintenance.make_plan(request, self._say, check=bool(self._task.check_mode))
        return {"changed": False}

    def begin(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Open the node's turn."""
        turn = maintenance.begin(self._site, self._node, int(arguments["most_away"]), self._say)
        return {"changed": False, "left": []} if turn is None else {"changed": False} | dataclasses.asdict(turn)

    def step(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do a step."""
        maintenance.do_step(self._site, self._node, str(arguments["step"]), self._say, self._pause)
        return {"changed": True}

    def note(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Note a step that Ansible did."""
        maintenance.note_step(self._site, self._node, str(arguments["step"]), self._say)
        return {"changed": True}

    def fail(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Note that a step failed."""
        failure = maintenance.fail(self._site, self._node, str(arguments["message"]))
        return {"changed": True} | dataclasses.asdict(failure)

    def put_back(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        """Take a failed node back into service."""
        maintenance.put_back(self._site, self._node, self._say, self._pause)
        return {"changed": True}

    def stop(self, _arguments: dict[str, Any]) -> dict[str, Any]:
        """End the run."""
        raise maintenance.stop(self._site, self._node)

    def _say(self, text: str) -> None:
        Display().display(text)

    def _pause(self, seconds: float) -> None:
        """Wait; end where ansible-playbook has died and left this worker behind."""
        time.sleep(seconds)
        if os.getppid() != self._parent:
            raise errors.DeployError(
                "ansible-playbook has ended", where=self._node, mend="run the same command again: it goes on from here"
            )


_DOES: dict[str, Callable[[ActionModule, dict[str, Any]], dict[str, Any]]] = {
    "plan": ActionModule.plan,
    "begin": ActionModule.begin,
    "step": ActionModule.step,
    "note": ActionModule.note,
    "fail": ActionModule.fail,
    "put_back": ActionModule.put_back,
    "stop": ActionModule.stop,
}
