from __future__ import annotations

from typing import Any

import pytest

from ops.adapters import ansible_events
from ops.adapters.ansible_events import Status
from ops.spec import places


def event(name: str, result: dict[str, Any] | None = None, **data: Any) -> dict[str, Any]:
    path = f"{places.PROJECT_ROOT}/roles/base/tasks/main.yml:12"
    base = {"host": "gpu1", "task": "Install", "role": "base", "task_path": path, "res": result}
    return {"event": name, "event_data": base | data}


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (event("runner_on_start"), Status.STARTED),
        (event("runner_on_ok", {"changed": False}), Status.OK),
        (event("runner_on_ok", {"changed": True}), Status.CHANGED),
        (event("runner_on_skipped", {"changed": False}), Status.SKIPPED),
        (event("runner_on_failed", {"msg": "no"}), Status.FAILED),
        (event("runner_on_failed", {"msg": "no"}, ignore_errors=True), Status.OK),
        (event("runner_on_unreachable", {"msg": "no route"}), Status.UNREACHABLE),
    ],
)
def test_an_event_says_how_a_task_stands(found: dict[str, Any], status: Status) -> None:
    task = ansible_events.parse(found)
    assert task is not None
    assert (task.host, task.name, task.status) == ("gpu1", "base : Install", status)
    assert task.path == "roles/base/tasks/main.yml:12"


def test_other_events_are_about_no_task() -> None:
    assert ansible_events.parse({"event": "playbook_on_start", "event_data": {}}) is None


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ({"msg": "no space left"}, "no space left"),
        ({"msg": "non-zero return code", "stderr": "a\nb"}, "non-zero return code\na\nb"),
        ({"censored": "hidden"}, "the task hides its result (no_log)"),
        ({"results": [{"item": "a"}, {"item": "b", "failed": True, "msg": "gone"}]}, "item b: gone"),
        ({}, "the module gave no reason"),
    ],
)
def test_a_failure_is_told_in_the_modules_words(result: dict[str, Any], words: str) -> None:
    assert ansible_events.explain(result) == words
