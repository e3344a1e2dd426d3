from __future__ import annotations

import asyncio
from typing import Any

import pulumi
import pytest

from stacks import serving


def item(kind: str, version: str = "v1", **fields: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "a"}, **fields}


def workload(app: str) -> dict[str, Any]:
    return item("Deployment", "apps/v1", spec={"template": {"metadata": {"labels": {"app": app, "x": "y"}}}})


@pytest.mark.parametrize(
    ("wanted", "token", "name"),
    [
        (item("Namespace"), "kubernetes:core/v1:Namespace", "namespace-a"),
        (workload("a"), "kubernetes:apps/v1:Deployment", "deployment-a"),
        (
            item("NetworkPolicy", "networking.k8s.io/v1"),
            "kubernetes:networking.k8s.io/v1:NetworkPolicy",
            "networkpolicy-a",
        ),
    ],
)
def test_type_and_name_come_from_the_object(wanted: dict[str, Any], token: str, name: str) -> None:
    assert serving.type_token(wanted) == token
    assert serving.logical_name(wanted) == name


@pytest.mark.parametrize(
    ("before", "after", "precedes"),
    [
        (item("Namespace"), item("ConfigMap"), True),
        (item("Namespace"), item("Namespace"), False),
        (item("ConfigMap"), workload("a"), True),
        (item("NetworkPolicy", "networking.k8s.io/v1"), workload("a"), True),
        (item("ConfigMap"), item("Secret"), False),
        (workload("a"), item("ConfigMap"), False),
        (workload("a"), workload("b"), False),
        (workload("a"), item("Service", spec={"selector": {"app": "a"}}), True),
        (workload("b"), item("Service", spec={"selector": {"app": "a"}}), False),
        (workload("a"), item("Service", spec={}), False),
        (item("Service", spec={"selector": {"app": "a"}}), workload("a"), False),
    ],
)
def test_an_object_comes_after_what_it_needs(before: dict[str, Any], after: dict[str, Any], precedes: bool) -> None:
    assert serving.precedes(before, after) is precedes


def test_what_a_secret_holds_is_secret() -> None:
    async def look() -> None:
        found = serving.properties(item("Secret", stringData={"k": "planted"}))["stringData"]
        assert isinstance(found, pulumi.Output)
        assert await found.is_secret()

    asyncio.run(look())
