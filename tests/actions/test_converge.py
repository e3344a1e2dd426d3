from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from ops import errors
from ops.actions import converge, provenance
from ops.actions.parts import Part
from ops.adapters import ansible, process, ssh
from ops.adapters.ansible_events import Status, Task
from ops.plan.stage import Stage
from ops.spec import places

SITE = "inventory/lab/site.yml"
REAL = "inventory/example/site.yml"
LAB_PART = Part(SITE, "gpu1", Stage.PLATFORM)
REAL_PART = Part(REAL, "gpu1", Stage.PLATFORM)


def task(name: str, path: str = "roles/container_runtime/tasks/main.yml:8") -> Task:
    return Task("gpu1", name, Status.CHANGED, path)


class Runs:
    """Stands in for ansible: gives outcomes in turn and keeps what it was asked."""

    def __init__(self, *outcomes: ansible.Outcome) -> None:
        self.outcomes = list(outcomes)
        self.requests: list[ansible.Request] = []

    def __call__(self, request: ansible.Request, on_task: object, _cancelled: object) -> ansible.Outcome:
        self.requests.append(request)
        assert callable(on_task)
        on_task(Task("gpu1", "base : Look", Status.STARTED, "roles/base/tasks/main.yml:1"))
        on_task(Task("gpu1", "base : Look", Status.OK, "roles/base/tasks/main.yml:1"))
        return self.outcomes.pop(0)


NOTHING = ansible.Outcome((), ())
SOMETHING = ansible.Outcome(tuple(task(f"role : {name}") for name in "abcd"), ())
DISRUPTIVE = ansible.Outcome((task("restart"),), (task("restart"),))


@pytest.fixture
def said() -> list[str]:
    return []


def runs(monkeypatch: pytest.MonkeyPatch, *outcomes: ansible.Outcome) -> Runs:
    found = Runs(*outcomes)
    monkeypatch.setattr(ansible, "run", found)
    return found


def test_a_node_that_matches_already_is_only_looked_at(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    found = runs(monkeypatch, NOTHING)
    converge.update(LAB_PART, said.append, threading.Event())
    assert [request.check for request in found.requests] == [True]
    assert said == ["looking: base : Look", "matches already: nothing to run"]


def test_a_node_that_differs_is_run_after_the_look(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    found = runs(monkeypatch, SOMETHING, SOMETHING)
    converge.update(LAB_PART, said.append, threading.Event())
    assert [request.check for request in found.requests] == [True, False]
    assert said[-1] == "changed 4 tasks: role : a, role : b, role : c and 1 more"


def test_what_is_disruptive_is_refused_with_the_playbook_that_does_it(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    found = runs(monkeypatch, DISRUPTIVE)
    with pytest.raises(errors.DeployError) as caught:
        converge.update(LAB_PART, said.append, threading.Event())
    assert [request.check for request in found.requests] == [True]
    assert "'restart' would interrupt what runs on gpu1" in caught.value.what
    assert f"ansible-playbook -i {SITE} playbooks/site.yml --limit gpu1" in caught.value.mend


def test_a_new_node_is_run_without_a_look(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    found = runs(monkeypatch, DISRUPTIVE)
    converge.converge(LAB_PART, said.append, threading.Event())
    request = found.requests[0]
    assert (request.playbook, request.limit, request.check) == ("playbooks/platform.yml", "gpu1", False)
    assert request.inventory == places.PROJECT_ROOT / SITE


def test_a_stage_runs_its_plays_alone_and_has_records_of_its_own(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    found = runs(monkeypatch, NOTHING)
    converge.converge(Part(SITE, "infra1", Stage.OPERATIONS), said.append, threading.Event())
    assert found.requests[0].playbook == "playbooks/operations.yml"
    assert found.requests[0].limit == "infra1"
    assert found.requests[0].record.name.endswith("-infra1-operations")


def test_each_run_has_a_record_of_its_own_that_says_what_ran(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    found = runs(monkeypatch, NOTHING, NOTHING)
    converge.converge(LAB_PART, said.append, threading.Event())
    converge.predict(LAB_PART, said.append, threading.Event())
    first, second = (request.record for request in found.requests)
    assert first != second
    assert first.parent == places.state_directory("lab") / "runs"
    assert second.name.endswith("-gpu1-check")
    context = json.loads((second / "context.json").read_text())
    assert context == {
        "schema_version": 1,
        "site": "lab",
        "node": "gpu1",
        "playbook": "playbooks/platform.yml",
        "check": True,
        "commit": None,
    }


def test_a_real_site_refuses_a_checkout_that_is_not_as_committed(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    def refuse() -> str:
        raise errors.PrerequisiteError("changes", where="here", mend="commit")

    monkeypatch.setattr(provenance, "clean_commit", refuse)
    found = runs(monkeypatch, NOTHING)
    with pytest.raises(errors.PrerequisiteError):
        converge.converge(REAL_PART, said.append, threading.Event())
    assert found.requests == []


def test_a_real_site_writes_the_commit_down(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    monkeypatch.setattr(provenance, "clean_commit", lambda: "c0ffee")
    found = runs(monkeypatch, NOTHING)
    converge.converge(REAL_PART, said.append, threading.Event())
    assert json.loads((found.requests[0].record / "context.json").read_text())["commit"] == "c0ffee"


@pytest.mark.parametrize(("code", "checks"), [(0, [True]), (1, [False])])
def test_a_real_node_that_is_in_the_cluster_already_is_looked_at_first(
    monkeypatch: pytest.MonkeyPatch, said: list[str], code: int, checks: list[bool]
) -> None:
    monkeypatch.setattr(provenance, "clean_commit", lambda: "c0ffee")
    asked: list[str] = []

    def run(target: str, _options: object, command: str, **_: object) -> process.Completed:
        asked.append(f"{target}: {command}")
        return process.Completed((), code, "", "")

    monkeypatch.setattr(ssh, "run", run)
    found = runs(monkeypatch, NOTHING)
    converge.join(REAL_PART, said.append, threading.Event())
    assert [request.check for request in found.requests] == checks
    assert asked[0].endswith(": test -e /etc/kubernetes/kubelet.conf")


def test_the_later_stage_of_a_node_that_has_just_joined_is_run_without_a_look(
    monkeypatch: pytest.MonkeyPatch, said: list[str]
) -> None:
    monkeypatch.setattr(provenance, "clean_commit", lambda: "c0ffee")
    found = runs(monkeypatch, SOMETHING)
    converge.join(Part(REAL, "gpu1", Stage.OPERATIONS), said.append, threading.Event())
    assert [request.check for request in found.requests] == [False]


def test_a_lab_node_is_joined_without_a_question(monkeypatch: pytest.MonkeyPatch, said: list[str]) -> None:
    found = runs(monkeypatch, SOMETHING)
    converge.join(LAB_PART, said.append, threading.Event())
    assert [request.check for request in found.requests] == [False]


def test_a_role_with_a_playbook_of_its_own_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "container_runtime.yml").touch()
    monkeypatch.setattr(places, "PROJECT_ROOT", tmp_path)
    error = converge._refusal(LAB_PART, task("restart"))
    assert "playbooks/container_runtime.yml --limit gpu1" in error.mend
