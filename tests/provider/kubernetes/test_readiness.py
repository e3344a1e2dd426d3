"""Data cases: the object and what stands beside it in, the verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.provider.kubernetes import readiness
from ops.provider.kubernetes.readiness.verdict import Object, Verdict


class Beside:
    """Answers a rule's questions from lists."""

    def __init__(self, **kinds: list[Object]) -> None:
        self._kinds = kinds

    def find(self, _api_version: str, kind: str, name: str, _namespace: str | None) -> Object | None:
        return next((item for item in self._kinds.get(kind, []) if item["metadata"]["name"] == name), None)

    def list(self, _api_version: str, kind: str, _namespace: str, _labels: Mapping[str, str]) -> list[Object]:
        return self._kinds.get(kind, [])


def judge(group: str, kind: str, found: Object, **beside: list[Object]) -> Verdict:
    metadata = {"name": "a", "namespace": "models", "generation": 2, **found.pop("metadata", {})}
    return readiness.RULES[group, kind]({"metadata": metadata, **found}, Beside(**beside))


def pod(**status: Any) -> Object:
    return {"metadata": {"name": "a-1"}, "status": status}


def waiting(reason: str, message: str = "") -> Object:
    return pod(containerStatuses=[{"name": "c", "state": {"waiting": {"reason": reason, "message": message}}}])


def deployment(**status: Any) -> Object:
    return {
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "a"}}},
        "status": {"observedGeneration": 2, **status},
    }


OUT = {"replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        (OUT, True),
        ({**OUT, "observedGeneration": 1}, False),
        ({**OUT, "replicas": 3}, False),
        ({**OUT, "availableReplicas": 1}, False),
        ({**OUT, "updatedReplicas": 1}, False),
        ({}, False),
    ],
)
def test_a_deployment_is_ready_when_only_its_newest_replicas_are_left(status: dict[str, int], ready: bool) -> None:
    assert judge("apps", "Deployment", deployment(**status)).ready is ready


def test_a_deployment_that_passed_its_deadline_has_failed_and_says_which_pod_and_why() -> None:
    conditions = [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}]
    found = judge("apps", "Deployment", deployment(conditions=conditions), Pod=[waiting("ErrImagePull", "not found")])
    assert found.failed
    assert "passed its progress deadline" in found.message
    assert "a-1: container c: ErrImagePull: not found" in found.message


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (
            pod(
                conditions=[{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no GPU"}]
            ),
            "Unschedulable: no GPU",
        ),
        (
            pod(initContainerStatuses=[{"name": "i", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}]),
            "container i: Error with 2",
        ),
        (
            pod(
                containerStatuses=[
                    {
                        "name": "c",
                        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                        "lastState": {"terminated": {"exitCode": 137}},
                    }
                ]
            ),
            "container c: CrashLoopBackOff: back-off (ended with 137)",
        ),
        (waiting("ContainerCreating"), ""),
    ],
)
def test_the_message_says_why_pods_do_not_run(item: Object, words: str) -> None:
    message = judge("apps", "Deployment", deployment(), Pod=[item]).message
    assert words in message
    assert bool(words) == ("a-1" in message)


@pytest.mark.parametrize(
    ("status", "strategy", "ready"),
    [
        ({"readyReplicas": 2, "updatedReplicas": 2, "currentRevision": "r", "updateRevision": "r"}, {}, True),
        ({"readyReplicas": 2, "updatedReplicas": 2, "currentRevision": "q", "updateRevision": "r"}, {}, False),
        ({"readyReplicas": 1, "updatedReplicas": 2, "currentRevision": "r", "updateRevision": "r"}, {}, False),
        (
            {"readyReplicas": 2, "updatedReplicas": 1, "currentRevision": "q", "updateRevision": "r"},
            {"rollingUpdate": {"partition": 1}},
            True,
        ),
        ({}, {"type": "OnDelete"}, True),
        ({}, {}, False),
    ],
)
def test_a_stateful_set_is_ready_when_every_replica_has_the_newest_revision(
    status: dict[str, Any], strategy: dict[str, Any], ready: bool
) -> None:
    found = {"spec": {"replicas": 2, "updateStrategy": strategy}, "status": {"observedGeneration": 2, **status}}
    assert judge("apps", "StatefulSet", found).ready is ready


@pytest.mark.parametrize(
    ("status", "ready"),
    [
        ({"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}, True),
        ({"desiredNumberScheduled": 3, "updatedNumberScheduled": 2, "numberAvailable": 3}, False),
        ({"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}, False),
        ({"desiredNumberScheduled": 0}, True),
    ],
)
def test_a_daemon_set_is_ready_when_every_wanted_node_has_it(status: dict[str, int], ready: bool) -> None:
    found = {"spec": {}, "status": {"observedGeneration": 2, **status}}
    assert judge("apps", "DaemonSet", found).ready is ready


@pytest.mark.parametrize(
    ("found", "ready", "failed"),
    [
        ({"spec": {}, "status": {"conditions": [{"type": "Complete", "status": "True"}]}}, True, False),
        (
            {
                "spec": {},
                "status": {
                    "conditions": [
                        {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "too often"}
                    ]
                },
            },
            False,
            True,
        ),
        ({"spec": {}, "status": {"active": 1}}, False, False),
        ({"spec": {"suspend": True}}, True, False),
    ],
)
def test_a_job_is_ready_when_it_is_complete(found: Object, ready: bool, failed: bool) -> None:
    verdict = judge("batch", "Job", found)
    assert (verdict.ready, verdict.failed) == (ready, failed)


SLICE = {"endpoints": [{"conditions": {"ready": True}}]}
NOT_READY = {"endpoints": [{"conditions": {"ready": False}}]}


@pytest.mark.parametrize(
    ("spec", "slices", "ready"),
    [
        ({"selector": {"a": "b"}}, [SLICE], True),
        ({"selector": {"a": "b"}}, [NOT_READY], False),
        ({"selector": {"a": "b"}}, [{"endpoints": None}], False),
        ({"selector": {"a": "b"}}, [], False),
        ({"selector": {"a": "b"}, "clusterIP": "None"}, [], True),
        ({"type": "ExternalName"}, [], True),
        ({"clusterIP": "198.19.0.1"}, [], True),
        ({"selector": {"a": "b"}, "type": "LoadBalancer"}, [SLICE], False),
    ],
)
def test_a_service_is_ready_when_something_answers_behind_it(
    spec: dict[str, Any], slices: list[Object], ready: bool
) -> None:
    assert judge("", "Service", {"spec": spec}, EndpointSlice=slices).ready is ready


LAZY = {"metadata": {"name": "lazy"}, "volumeBindingMode": "WaitForFirstConsumer"}


@pytest.mark.parametrize(
    ("phase", "storage_class", "ready", "failed"),
    [
        ("Bound", None, True, False),
        ("Pending", None, False, False),
        ("Pending", "lazy", True, False),
        ("Pending", "other", False, False),
        ("Lost", None, False, True),
    ],
)
def test_a_claim_is_ready_when_it_is_bound_or_waits_for_its_pod(
    phase: str, storage_class: str | None, ready: bool, failed: bool
) -> None:
    found = {"spec": {"storageClassName": storage_class}, "status": {"phase": phase}}
    verdict = judge("", "PersistentVolumeClaim", found, StorageClass=[LAZY])
    assert (verdict.ready, verdict.failed) == (ready, failed)


@pytest.mark.parametrize(
    ("status", "ready", "failed"),
    [
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, True, False),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, False, False),
        ({"phase": "Succeeded"}, True, False),
        ({"phase": "Failed", "reason": "Evicted"}, False, True),
        ({}, False, False),
    ],
)
def test_a_pod_is_ready_when_it_says_so_or_is_done(status: dict[str, Any], ready: bool, failed: bool) -> None:
    verdict = judge("", "Pod", {"status": status})
    assert (verdict.ready, verdict.failed) == (ready, failed)


def test_a_definition_is_ready_when_its_kind_is_served() -> None:
    group, kind = "apiextensions.k8s.io", "CustomResourceDefinition"
    served = {"status": {"conditions": [{"type": "Established", "status": "True"}]}}
    refused = {"status": {"conditions": [{"type": "NamesAccepted", "status": "False", "message": "taken"}]}}
    assert judge(group, kind, served).ready
    assert not judge(group, kind, {"status": {}}).ready
    assert judge(group, kind, refused).failed
