from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent import futures

import pytest

from ops import errors
from ops.actions import converge
from ops.actions.parts import Part
from ops.adapters import ansible
from ops.adapters.ansible_events import Status, Task
from ops.provider import difference, node, wire
from ops.provider.resource import Call, Live
from ops.provider.wire import Properties
from tests.provider import journal

WAIT = 10
TASK = Task("gpu1", "base : Write", Status.CHANGED, "roles/base/tasks/main.yml:1")
WOULD_CHANGE = ansible.Outcome((TASK,), ())
MATCHES = ansible.Outcome((), ())


def inputs(name: str = "gpu1", *, control_plane: bool = False, **others: object) -> Properties:
    base: dict[str, object] = {
        "site": "inventory/lab/site.yml",
        "node": name,
        "stage": "platform",
        "variables": {"driver": {"branch": "570"}},
        "roles": "aaaa",
        "control_plane": control_plane,
        "serial": 1,
        "boot": 1,
    }
    merged: Properties = {**base, **others}  # type: ignore[dict-item] # the test gives JSON
    return merged


def call(*, preview: bool = False) -> Call:
    return Call("urn", node.TOKEN, "gpu1", journal.Kept(), preview=preview)


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was run: 'join gpu1', 'predict gpu1', 'update gpu1'."""
    found: list[str] = []
    for verb in ("join", "predict", "update"):

        def note(part: Part, _say: object, _cancelled: object, verb: str = verb) -> ansible.Outcome:
            found.append(f"{verb} {part.label}")
            return WOULD_CHANGE

        monkeypatch.setattr(converge, verb, note)
    return found


def test_a_new_node_is_run_and_its_preview_is_not(runs: list[str]) -> None:
    resource = node.Node(threading.Event())
    previewed = resource.create(call(preview=True), inputs())
    assert runs == []
    assert resource.create(call(), inputs()) == previewed
    assert runs == ["join gpu1"]


NEWER = {"driver": {"branch": "580"}}


def test_a_changed_variable_is_named_to_its_depth(runs: list[str]) -> None:
    resource = node.Node(threading.Event())
    old = Live("gpu1", {}, inputs())
    found = resource.diff(call(), old, inputs(variables=NEWER))
    assert [difference.render(change.path) for change in found.changes] == ["variables.driver.branch"]
    assert not found.changes[0].replaces
    assert runs == ["predict gpu1"]


def test_what_a_playbook_has_done_already_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converge, "predict", lambda *_: MATCHES)
    resource, old = node.Node(threading.Event()), Live("gpu1", {}, inputs())
    assert resource.diff(call(), old, inputs(variables=NEWER)).changes == ()
    assert resource.diff(call(), old, inputs(variables=NEWER, boot=2)).changes != ()
    assert resource.diff(call(), old, inputs(variables={"driver": wire.UNKNOWN})).changes != ()


def test_a_look_that_fails_is_told_by_the_update_and_not_by_the_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise errors.UnreachableError("gpu1 does not answer", where="ssh", mend="wake it")

    monkeypatch.setattr(converge, "predict", silent)
    resource, old, new = node.Node(threading.Event()), Live("gpu1", {}, inputs()), inputs(variables=NEWER)
    assert resource.diff(call(), old, new).changes != ()
    with pytest.raises(errors.UnreachableError):
        resource.update(call(preview=True), old, new)


def test_a_preview_does_not_look_twice(runs: list[str]) -> None:
    resource, old, new = node.Node(threading.Event()), Live("gpu1", {}, inputs()), inputs(variables=NEWER)
    resource.diff(call(preview=True), old, new)
    resource.update(call(preview=True), old, new)
    assert runs == ["predict gpu1"]


def test_a_machine_that_was_made_again_is_a_new_node() -> None:
    old = Live("gpu1", {}, inputs())
    found = node.Node(threading.Event()).diff(call(), old, inputs(serial=2, boot=2))
    assert [(change.path[0], change.replaces) for change in found.changes] == [("boot", False), ("serial", True)]


def test_another_checkout_of_the_same_spec_is_no_difference() -> None:
    old = Live("gpu1", {}, inputs())
    assert node.Node(threading.Event()).diff(call(), old, inputs(site="/elsewhere/site.yml")).changes == ()


def test_an_update_looks_first_and_its_preview_only_looks(runs: list[str]) -> None:
    resource = node.Node(threading.Event())
    old = Live("gpu1", {}, inputs())
    resource.update(call(preview=True), old, inputs(roles="bbbb"))
    resource.update(call(), old, inputs(roles="bbbb"))
    assert runs == ["predict gpu1", "update gpu1"]


def test_a_machine_that_is_to_be_started_is_not_looked_at_in_a_preview(runs: list[str]) -> None:
    old = Live("gpu1", {}, inputs())
    node.Node(threading.Event()).update(call(preview=True), old, inputs(boot=2))
    assert runs == []


def test_a_node_that_was_looked_at_again_has_another_revision(runs: list[str]) -> None:
    resource = node.Node(threading.Event())
    live = resource.create(call(), inputs())
    assert resource.update(call(), live, inputs(boot=2))["revision"] != live.outputs["revision"]
    assert runs


@pytest.mark.usefixtures("runs")
def test_a_refusal_reaches_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise errors.DeployError("it would interrupt", where="a task", mend="run the playbook")

    monkeypatch.setattr(converge, "predict", refuse)
    with pytest.raises(errors.DeployError, match="would interrupt"):
        node.Node(threading.Event()).update(call(preview=True), Live("gpu1", {}, inputs()), inputs(roles="bbbb"))


def test_read_reaches_the_host_or_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_site: str, name: str) -> None:
        raise errors.UnreachableError(f"{name} does not answer", where="ssh", mend="wake it")

    monkeypatch.setattr(converge, "reach", silent)
    with pytest.raises(errors.UnreachableError):
        node.Node(threading.Event()).read(call(), Live("gpu1", {}, inputs()))


def most_at_once(monkeypatch: pytest.MonkeyPatch, wanted: int, make: Callable[[int], Properties]) -> int:
    """Create four nodes at once and return how many ran side by side, waiting until `wanted` do."""
    lock = threading.Lock()
    full = threading.Event()
    counts = [0, 0]

    def run(*_: object) -> None:
        with lock:
            counts[0] += 1
            counts[1] = max(counts)
            if counts[0] >= wanted:
                full.set()
        full.wait(WAIT)
        with lock:
            counts[0] -= 1

    monkeypatch.setattr(converge, "join", run)
    resource = node.Node(threading.Event())
    with futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda index: resource.create(call(), make(index)), range(4)))
    return counts[1]


def test_two_nodes_run_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_at_once(monkeypatch, 2, lambda index: inputs(f"gpu{index}")) == 2


def test_control_planes_never_run_two_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert most_at_once(monkeypatch, 1, lambda index: inputs(f"cp{index}", control_plane=True)) == 1
