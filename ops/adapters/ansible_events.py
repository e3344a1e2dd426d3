"""What ansible-runner's events say about tasks, as values of our own."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any

from ops.spec import places


class Status(enum.StrEnum):
    """How far a task on a host is, or how it ended."""

    STARTED = "started"
    OK = "ok"
    CHANGED = "changed"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNREACHABLE = "unreachable"


@dataclasses.dataclass(frozen=True)
class Task:
    """One task on one host."""

    host: str
    name: str
    status: Status
    path: str
    """File and line, relative to the checkout: 'roles/base/tasks/main.yml:12'."""
    message: str = ""
    """What the module said; for failures only."""
    seconds: float = 0.0


_STATUS = {
    "runner_on_start": Status.STARTED,
    "runner_on_ok": Status.OK,
    "runner_on_skipped": Status.SKIPPED,
    "runner_on_failed": Status.FAILED,
    "runner_on_unreachable": Status.UNREACHABLE,
}


def parse(event: Mapping[str, Any]) -> Task | None:
    """Given one event of ansible-runner 2.4, return the task it is about; None for any other event."""
    status = _STATUS.get(event["event"])
    if status is None:
        return None
    data = event["event_data"]
    result = data.get("res") or {}
    if status is Status.OK and result.get("changed"):
        status = Status.CHANGED
    if status is Status.FAILED and data.get("ignore_errors"):
        status = Status.OK
    failed = status in {Status.FAILED, Status.UNREACHABLE}
    return Task(
        host=data["host"],
        name=_name(data),
        status=status,
        path=shorten(data.get("task_path") or ""),
        message=explain(result) if failed else "",
        seconds=float(data.get("duration") or 0.0),
    )


def _name(data: Mapping[str, Any]) -> str:
    role = data.get("role")
    return f"{role} : {data['task']}" if role else str(data["task"])


def shorten(path: str) -> str:
    """Return a path relative to the checkout where it lies in it."""
    root = f"{places.PROJECT_ROOT}/"
    return path.removeprefix(root)


def explain(result: Mapping[str, Any]) -> str:
    """Given the result of a failed task, return what a person needs: the module's message and the end of stderr."""
    if "censored" in result:
        return "the task hides its result (no_log)"
    lines = [str(result["msg"])] if result.get("msg") else []
    for key in ("stderr", "module_stderr", "stdout"):
        text = str(result.get(key) or "").strip()
        if text and len(lines) < _PARTS:
            lines.append("\n".join(text.splitlines()[-_TAIL_LINES:]))
    items = [item for item in result.get("results") or [] if isinstance(item, Mapping) and item.get("failed")]
    lines += [f"item {item.get('item', '?')}: {explain(item)}" for item in items]
    return "\n".join(lines) or "the module gave no reason"


_PARTS = 2
_TAIL_LINES = 12
"""Lines of a program's output that an error repeats."""
