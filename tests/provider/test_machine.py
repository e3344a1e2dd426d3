from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from ops.actions import machine as action
from ops.provider import difference, machine
from ops.provider.resource import Call, Live
from ops.provider.wire import Properties
from tests.provider import journal

INPUTS: Properties = {
    "site": "inventory/lab/site.yml",
    "lab": "lab",
    "node": "cp1",
    "debian": "trixie",
    "address": "198.18.5.12",
}


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The machines that run; a test takes one away to stop it."""
    found: set[str] = set()

    def start(_site: str, node: str, say: Callable[[str], None], _cancelled: threading.Event) -> None:
        say("starting")
        disks.add(node)
        found.add(node)

    disks: set[str] = set()
    monkeypatch.setattr(action, "is_running", lambda _lab, node: node in found)
    monkeypatch.setattr(action, "exists", lambda _lab, node: node in found)
    monkeypatch.setattr(action, "stands", lambda _lab, node: node in disks)
    monkeypatch.setattr(action, "start", start)
    monkeypatch.setattr(action, "destroy", lambda _lab, node, _say: found.discard(node))
    return found


def call(*, preview: bool = False) -> Call:
    return Call("urn", machine.TOKEN, "cp1", journal.Kept(), preview=preview)


def made(resource: machine.Machine) -> Live:
    inputs = resource.check(call(), {}, INPUTS)
    return resource.create(call(), inputs)


def changed(found: difference.Difference) -> list[str]:
    return [difference.render(change.path) for change in found.changes]


def test_a_new_machine_gets_its_first_boot(running: set[str]) -> None:
    live = made(machine.Machine(threading.Event()))
    assert live.outputs["boot"] == 1
    assert live.identifier == "lab/cp1"
    assert running == {"cp1"}


def test_a_preview_starts_nothing(running: set[str]) -> None:
    resource = machine.Machine(threading.Event())
    live = resource.create(call(preview=True), resource.check(call(), {}, INPUTS))
    assert live.outputs["boot"] == 1
    assert running == set()


@pytest.mark.usefixtures("running")
def test_a_machine_that_runs_differs_in_nothing() -> None:
    resource = machine.Machine(threading.Event())
    live = made(resource)
    assert changed(resource.diff(call(), live, resource.check(call(), live.inputs, INPUTS))) == []


def test_a_machine_that_was_stopped_is_started_again(running: set[str]) -> None:
    resource = machine.Machine(threading.Event())
    live = made(resource)
    running.clear()
    wanted = resource.check(call(), live.inputs, INPUTS)
    assert changed(resource.diff(call(), live, wanted)) == ["boot"]
    assert resource.update(call(), live, wanted)["boot"] == 2
    assert running == {"cp1"}


@pytest.mark.usefixtures("running")
def test_a_machine_whose_disk_is_gone_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = machine.Machine(threading.Event())
    live = made(resource)
    monkeypatch.setattr(action, "stands", lambda _lab, _node: False)
    wanted = resource.check(call(), live.inputs, INPUTS)
    assert changed(resource.diff(call(), live, wanted)) == ["boot", "serial"]
    assert (wanted["serial"], wanted["boot"]) == (2, 2)


@pytest.mark.usefixtures("running")
def test_another_checkout_of_the_same_spec_is_no_difference() -> None:
    resource = machine.Machine(threading.Event())
    live = made(resource)
    wanted = resource.check(call(), live.inputs, INPUTS | {"site": "/elsewhere/site.yml"})
    assert changed(resource.diff(call(), live, wanted)) == []


@pytest.mark.usefixtures("running")
def test_another_operating_system_is_another_machine() -> None:
    resource = machine.Machine(threading.Event())
    live = made(resource)
    found = resource.diff(call(), live, resource.check(call(), live.inputs, INPUTS | {"debian": "bookworm"}))
    assert changed(found) == ["boot", "debian", "serial"]
    assert [change.path[0] for change in found.changes if change.replaces] == ["debian"]
    assert found.delete_before_replace


def test_a_machine_that_is_gone_is_read_as_gone(running: set[str]) -> None:
    resource = machine.Machine(threading.Event())
    live = made(resource)
    assert resource.read(call(), live) == live
    running.clear()
    assert resource.read(call(), live) is None


def test_delete_removes_the_machine_of_its_identifier(running: set[str]) -> None:
    resource = machine.Machine(threading.Event())
    resource.delete(call(), made(resource))
    assert running == set()
