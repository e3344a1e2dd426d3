"""The stand-in on a real API server, without the Pulumi engine."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from ops import errors
from ops.provider import difference
from ops.provider.kubernetes import kubeconfig, replacement
from ops.provider.kubernetes.connection import Connection
from ops.provider.kubernetes.objects import KubernetesObject, Settings
from ops.provider.resource import Call, Live, PartialFailure
from ops.provider.wire import UNKNOWN, Properties, Secret
from tests.provider import journal
from tests.support.apiserver import ApiServer

pytestmark = pytest.mark.apiserver


class Driver:
    """Asks a resource what the engine would: check, then create, or check, diff and update."""

    def __init__(self, api: ApiServer, **settings: Any) -> None:
        self.cancelled = threading.Event()
        self.said = journal.Kept()
        connection = Connection(kubeconfig.load(api.kubeconfig, None))
        self.resource = KubernetesObject(Settings(connection, **settings), self.cancelled)

    def call(self, token: str, *, preview: bool = False, timeout: float = 20) -> Call:
        return Call("urn", token, "logical", self.said, preview=preview, timeout=timeout, seed=b"seed")

    def create(self, token: str, inputs: Properties, *, preview: bool = False, timeout: float = 20) -> Live:
        checked = self.resource.check(self.call(token), {}, inputs)
        return self.resource.create(self.call(token, preview=preview, timeout=timeout), checked)

    def change(self, token: str, old: Live, inputs: Properties, *, timeout: float = 20) -> difference.Difference:
        """Update in place and return what differed."""
        checked = self.resource.check(self.call(token), old.inputs, inputs)
        found = self.resource.diff(self.call(token), old, checked)
        if found.changes and not any(change.replaces for change in found.changes):
            self.resource.update(self.call(token, timeout=timeout), old, checked)
        return found


@pytest.fixture
def driver(api: ApiServer) -> Driver:
    return Driver(api)


SETTINGS = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def settings(namespace: str, **data: str) -> Properties:
    return {"metadata": {"name": "settings", "namespace": namespace}, "data": dict(data)}


def deployment(namespace: str, outcome: str = "ready", deadline: int = 60) -> Properties:
    pod: Properties = {
        "metadata": {"labels": {"app": "a"}, "annotations": {"test/outcome": outcome}},
        "spec": {"containers": [{"name": "c", "image": "none", "ports": [{"containerPort": 80}]}]},
    }
    spec: Properties = {
        "replicas": 2,
        "progressDeadlineSeconds": deadline,
        "selector": {"matchLabels": {"app": "a"}},
        "template": pod,
    }
    return {"metadata": {"name": "a", "namespace": namespace}, "spec": spec}


def test_an_object_is_made_and_made_again_without_an_error(api: ApiServer, driver: Driver, namespace: str) -> None:
    live = driver.create(SETTINGS, settings(namespace, a="1"))
    assert live.identifier == f"{namespace}/settings"
    assert driver.create(SETTINGS, settings(namespace, a="1")).identifier == live.identifier
    assert api.get(f"/api/v1/namespaces/{namespace}/configmaps/settings")["data"] == {"a": "1"}


def test_a_preview_makes_nothing_and_shows_the_servers_defaults(api: ApiServer, driver: Driver, namespace: str) -> None:
    live = driver.create(DEPLOYMENT, deployment(namespace), preview=True)
    spec = live.outputs["spec"]
    assert isinstance(spec, dict)
    assert spec["revisionHistoryLimit"] == 10
    assert api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/a") is None


def test_a_preview_into_a_namespace_that_is_not_there_yet_gives_the_inputs(driver: Driver) -> None:
    live = driver.create(SETTINGS, settings("not-there-yet", a="1"), preview=True)
    assert live.outputs == live.inputs


def test_a_preview_of_a_kind_that_is_not_there_yet_gives_the_inputs(driver: Driver, namespace: str) -> None:
    inputs: Properties = {"metadata": {"name": "a", "namespace": namespace}, "spec": {}}
    live = driver.create("kubernetes:cilium.io/v2:CiliumNetworkPolicy", inputs, preview=True)
    assert live.outputs == live.inputs
    with pytest.raises(errors.NotFoundError, match="no kind CiliumNetworkPolicy"):
        driver.create("kubernetes:cilium.io/v2:CiliumNetworkPolicy", inputs)


def test_a_preview_with_an_unknown_value_gives_the_inputs(driver: Driver, namespace: str) -> None:
    inputs = settings(namespace) | {"data": {"a": UNKNOWN}}
    assert driver.create(SETTINGS, inputs, preview=True).outputs["data"] == {"a": UNKNOWN}


def test_a_field_that_left_the_program_leaves_the_object(api: ApiServer, namespace: str) -> None:
    driver = Driver(api, mutability=replacement.Mutability(config_maps=True))
    old = driver.create(SETTINGS, settings(namespace, a="1", b="2"))
    found = driver.change(SETTINGS, old, settings(namespace, a="3"))
    assert [difference.render(change.path) for change in found.changes] == ["data.a", "data.b"]
    assert api.get(f"/api/v1/namespaces/{namespace}/configmaps/settings")["data"] == {"a": "3"}


def test_a_named_object_that_must_be_made_anew_goes_first(driver: Driver, namespace: str) -> None:
    found = driver.change(SETTINGS, driver.create(SETTINGS, settings(namespace, a="1")), settings(namespace, a="2"))
    assert [change.replaces for change in found.changes] == [True]
    assert found.delete_before_replace


def test_an_object_with_a_generated_name_stays_until_the_new_one_stands(driver: Driver, namespace: str) -> None:
    inputs: Properties = {"metadata": {"namespace": namespace}, "data": {"a": "1"}}
    old = driver.create(SETTINGS, inputs)
    assert old.identifier.startswith(f"{namespace}/logical-")
    assert not driver.change(SETTINGS, old, inputs).changes
    assert not driver.change(SETTINGS, old, inputs | {"data": {"a": "2"}}).delete_before_replace


def test_fields_of_somebody_else_are_left_alone_unless_forced(api: ApiServer, namespace: str) -> None:
    driver = Driver(api, mutability=replacement.Mutability(config_maps=True))
    path = f"/api/v1/namespaces/{namespace}/configmaps/settings"
    old = driver.create(SETTINGS, settings(namespace, a="1"))
    api.patch(f"{path}?fieldManager=somebody", {"data": {"a": "theirs"}})
    with pytest.raises(errors.DeployError, match="somebody else manages fields"):
        driver.change(SETTINGS, old, settings(namespace, a="2"))
    forced = settings(namespace, a="2")
    forced["metadata"] = {"name": "settings", "namespace": namespace, "annotations": {"pulumi.com/patchForce": "true"}}
    driver.change(SETTINGS, old, forced)
    assert api.get(path)["data"] == {"a": "2"}


def test_a_wrong_object_is_refused_with_the_servers_reason(driver: Driver, namespace: str) -> None:
    wrong = deployment(namespace)
    wrong["spec"] = {"selector": {"matchLabels": {"app": "b"}}, "template": {"metadata": {}, "spec": {}}}
    with pytest.raises(errors.DeployError, match="the API server refused"):
        driver.create(DEPLOYMENT, wrong)


def test_a_deployment_is_awaited(driver: Driver, namespace: str) -> None:
    live = driver.create(DEPLOYMENT, deployment(namespace))
    status = live.outputs["status"]
    assert isinstance(status, dict)
    assert status["availableReplicas"] == 2


def test_a_deployment_past_its_deadline_stays_in_state_with_the_pods_reason(driver: Driver, namespace: str) -> None:
    with pytest.raises(PartialFailure) as caught:
        driver.create(DEPLOYMENT, deployment(namespace, "ImagePullBackOff", deadline=8))
    assert caught.value.live.identifier == f"{namespace}/a"
    assert "ImagePullBackOff: as the test wants it" in caught.value.reasons[0]


def test_a_deployment_that_takes_too_long_says_what_it_waits_for(driver: Driver, namespace: str) -> None:
    with pytest.raises(PartialFailure, match="not ready after 1 s: "):
        driver.create(DEPLOYMENT, deployment(namespace, "ContainerCreating"), timeout=1)
    assert any("0 of 2 replicas available" in said for said in driver.said.statuses)


def test_waiting_ends_when_the_run_is_cancelled(driver: Driver, namespace: str) -> None:
    driver.cancelled.set()
    with pytest.raises(PartialFailure, match="cancelled while waiting"):
        driver.create(DEPLOYMENT, deployment(namespace, "ContainerCreating"))


def test_waiting_can_be_skipped(driver: Driver, namespace: str) -> None:
    inputs = deployment(namespace, "ContainerCreating")
    inputs["metadata"] = {"name": "a", "namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}}
    assert driver.create(DEPLOYMENT, inputs).identifier == f"{namespace}/a"


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_other_workloads_are_awaited(driver: Driver, namespace: str, kind: str) -> None:
    inputs = deployment(namespace)
    spec = inputs["spec"]
    assert isinstance(spec, dict)
    kept: Properties = {key: value for key, value in spec.items() if key in {"selector", "template"}}
    inputs["spec"] = kept | ({"serviceName": "a", "replicas": 1} if kind == "StatefulSet" else {})
    status = driver.create(f"kubernetes:apps/v1:{kind}", inputs).outputs["status"]
    assert isinstance(status, dict)
    assert status.get("readyReplicas") == 1 or status.get("numberAvailable") == 1


def job(namespace: str, outcome: str) -> Properties:
    template: Properties = {
        "metadata": {"annotations": {"test/outcome": outcome}},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "none"}]},
    }
    return {"metadata": {"name": "a", "namespace": namespace}, "spec": {"backoffLimit": 0, "template": template}}


def test_a_job_is_awaited_and_its_failure_is_told(driver: Driver, namespace: str) -> None:
    driver.create("kubernetes:batch/v1:Job", job(namespace, "complete"))
    failing = job(namespace, "fail")
    failing["metadata"] = {"name": "b", "namespace": namespace}
    with pytest.raises(PartialFailure, match="BackoffLimitExceeded"):
        driver.create("kubernetes:batch/v1:Job", failing)


def test_a_service_is_awaited_until_an_endpoint_is_ready(driver: Driver, namespace: str) -> None:
    service: Properties = {
        "metadata": {"name": "a", "namespace": namespace},
        "spec": {"selector": {"app": "a"}, "ports": [{"port": 80}]},
    }
    with pytest.raises(PartialFailure, match="none of 0 endpoints is ready"):
        driver.create("kubernetes:core/v1:Service", service, timeout=1)
    driver.create(DEPLOYMENT, deployment(namespace))
    assert driver.create("kubernetes:core/v1:Service", service).identifier == f"{namespace}/a"


def test_what_a_secret_holds_is_secret_in_inputs_and_outputs(driver: Driver, namespace: str) -> None:
    inputs: Properties = {"metadata": {"name": "a", "namespace": namespace}, "stringData": {"k": "planted"}}
    live = driver.create(SECRET, inputs)
    assert isinstance(live.inputs["stringData"], Secret)
    assert isinstance(live.outputs["data"], Secret)
    assert "planted" not in str({key: value for key, value in live.outputs.items() if not isinstance(value, Secret)})


def test_a_refresh_sees_what_somebody_changed(api: ApiServer, driver: Driver, namespace: str) -> None:
    live = driver.create(SETTINGS, settings(namespace, a="1"))
    api.patch(f"/api/v1/namespaces/{namespace}/configmaps/settings", {"data": {"a": "drifted"}})
    found = driver.resource.read(driver.call(SETTINGS), live)
    assert found is not None
    assert found.inputs["data"] == {"a": "drifted"}


def test_an_import_needs_only_the_name(driver: Driver, namespace: str) -> None:
    driver.create(SETTINGS, settings(namespace, a="1"))
    found = driver.resource.read(driver.call(SETTINGS), Live(f"{namespace}/settings", {}, {}))
    assert found is not None
    assert found.inputs["data"] == {"a": "1"}
    assert driver.resource.check(driver.call(SETTINGS), {}, found.inputs) == found.inputs


def test_an_object_that_is_gone_is_read_as_gone_and_deleted_without_an_error(driver: Driver, namespace: str) -> None:
    live = driver.create(SETTINGS, settings(namespace, a="1"))
    driver.resource.delete(driver.call(SETTINGS), live)
    assert driver.resource.read(driver.call(SETTINGS), live) is None
    driver.resource.delete(driver.call(SETTINGS), live)


def test_a_namespace_is_gone_with_all_that_was_in_it(api: ApiServer, driver: Driver) -> None:
    token = "kubernetes:core/v1:Namespace"
    live = driver.create(token, {"metadata": {"name": "to-be-deleted"}})
    driver.create(SETTINGS, settings("to-be-deleted", a="1"))
    driver.resource.delete(driver.call(token, timeout=60), live)
    assert api.get("/api/v1/namespaces/to-be-deleted") is None


def test_a_delete_that_is_held_says_by_what(driver: Driver, namespace: str) -> None:
    inputs = settings(namespace, a="1")
    inputs["metadata"] = {"name": "settings", "namespace": namespace, "finalizers": ["example.org/hold"]}
    live = driver.create(SETTINGS, inputs)
    with pytest.raises(errors.TimeoutExpiredError, match="finalizers example"):
        driver.resource.delete(driver.call(SETTINGS, timeout=1), live)


def test_the_providers_namespace_is_used_where_the_program_names_none(api: ApiServer, namespace: str) -> None:
    driver = Driver(api, namespace=namespace)
    live = driver.create(SETTINGS, {"metadata": {"name": "settings"}, "data": {}})
    assert live.identifier == f"{namespace}/settings"
    whole = driver.create("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", {"metadata": {"name": namespace}})
    assert whole.identifier == namespace
