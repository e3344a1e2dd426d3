from __future__ import annotations

import threading

import pytest

from ops.actions import cluster as action
from ops.provider import cluster, difference
from ops.provider.resource import Call, Live
from ops.provider.wire import UNKNOWN, Properties, Secret
from tests.provider import journal

INPUTS: Properties = {
    "site": "inventory/lab/site.yml",
    "endpoint": "https://198.18.5.11:7443",
    "revisions": {"cp1": "r1"},
}


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
    """The kubeconfig in the state directory, under the key 'text'."""
    found: dict[str, str | None] = {"text": None}
    monkeypatch.setattr(action, "kubeconfig", lambda _site: found["text"])
    monkeypatch.setattr(action, "wait", lambda _site, _say, _cancelled: found["text"])
    return found


def call(*, preview: bool = False) -> Call:
    return Call("urn", cluster.TOKEN, "lab", journal.Kept(), preview=preview)


def changed(found: difference.Difference) -> list[str]:
    return [difference.render(change.path) for change in found.changes]


@pytest.mark.usefixtures("file")
def test_before_there_is_a_cluster_its_kubeconfig_is_not_known() -> None:
    live = cluster.Cluster(threading.Event()).create(call(preview=True), INPUTS)
    assert live.outputs["kubeconfig"] is UNKNOWN


def test_the_kubeconfig_is_secret(file: dict[str, str | None]) -> None:
    file["text"] = "planted"
    live = cluster.Cluster(threading.Event()).create(call(), INPUTS)
    assert live.outputs["kubeconfig"] == Secret("planted")


def test_a_second_look_at_the_same_cluster_finds_no_difference(file: dict[str, str | None]) -> None:
    file["text"] = "planted"
    resource = cluster.Cluster(threading.Event())
    live = resource.create(call(), INPUTS)
    assert changed(resource.diff(call(), live, INPUTS)) == []


def test_rotated_credentials_are_found(file: dict[str, str | None]) -> None:
    file["text"] = "planted"
    resource = cluster.Cluster(threading.Event())
    live = resource.create(call(), INPUTS)
    file["text"] = "rotated"
    assert changed(resource.diff(call(), live, INPUTS)) == ["kubeconfig"]
    assert resource.update(call(preview=True), live, INPUTS)["kubeconfig"] == Secret("rotated")


def test_another_operators_machine_without_the_file_goes_on_with_the_recorded_one(file: dict[str, str | None]) -> None:
    file["text"] = "planted"
    resource = cluster.Cluster(threading.Event())
    live = resource.create(call(), INPUTS)
    file["text"] = None
    wanted = INPUTS | {"revisions": {"cp1": "r2"}}
    assert changed(resource.diff(call(), live, wanted)) == ["revisions.cp1"]
    assert resource.update(call(preview=True), live, wanted)["kubeconfig"] == Secret("planted")


def test_a_changed_control_plane_makes_it_wait_again(file: dict[str, str | None]) -> None:
    file["text"] = "planted"
    resource = cluster.Cluster(threading.Event())
    live = Live("x", {"kubeconfig": Secret("planted")}, INPUTS)
    assert resource.update(call(), live, INPUTS)["kubeconfig"] == Secret("planted")
