from __future__ import annotations

import pytest

from ops import errors
from ops.provider.kubernetes import provider
from ops.provider.kubernetes.objects import KubernetesObject, parse_token
from ops.provider.wire import UNKNOWN, Properties, Secret
from tests.provider.kubernetes.test_kubeconfig import text


def replaces(old: Properties, new: Properties) -> bool:
    return any(change.replaces for change in provider.Kubernetes().diff_configuration(old, new).changes)


def test_rotated_credentials_of_an_identified_cluster_replace_nothing() -> None:
    old: Properties = {"clusterIdentifier": "lab", "kubeconfig": Secret(text(key="a"))}
    new: Properties = {"clusterIdentifier": "lab", "kubeconfig": Secret(text("https://198.18.0.1:7443", key="b"))}
    assert provider.Kubernetes().diff_configuration(old, new).changes
    assert not replaces(old, new)


def test_another_identifier_is_another_cluster() -> None:
    assert replaces({"clusterIdentifier": "lab"}, {"clusterIdentifier": "test"})


def test_without_an_identifier_the_server_names_the_cluster() -> None:
    old: Properties = {"kubeconfig": Secret(text(key="a"))}
    assert not replaces(old, {"kubeconfig": Secret(text(key="b"))})
    assert replaces(old, {"kubeconfig": Secret(text("https://198.18.0.1:7443"))})


def test_a_stack_of_the_official_plugin_is_not_taken_over_by_accident() -> None:
    served = provider.Kubernetes()
    marked = served.check_configuration({}, {"kubeconfig": "x"})
    assert served.check_configuration(marked, {"kubeconfig": "y"})
    with pytest.raises(errors.SpecError, match="made by the official Kubernetes plugin"):
        served.check_configuration({"kubeconfig": "x"}, {"kubeconfig": "y"})


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("kubernetes:core/v1:Secret", ("v1", "Secret")),
        ("kubernetes:v1:Secret", ("v1", "Secret")),
        ("kubernetes:core:Namespace", ("v1", "Namespace")),
        ("kubernetes:apps/v1:Deployment", ("apps/v1", "Deployment")),
        ("kubernetes:cilium.io/v2:CiliumNetworkPolicy", ("cilium.io/v2", "CiliumNetworkPolicy")),
    ],
)
def test_api_version_and_kind_are_in_the_type(token: str, expected: tuple[str, str]) -> None:
    assert parse_token(token) == expected


@pytest.mark.parametrize("token", ["kubernetes:helm.sh/v3:Release", "kubernetes:yaml:ConfigFile"])
def test_charts_are_refused(token: str) -> None:
    with pytest.raises(errors.NotFoundError, match="no resource type"):
        provider.Kubernetes().resource(token)


def test_a_kubeconfig_that_is_not_known_yet_is_no_error() -> None:
    served = provider.Kubernetes()
    served.configure({"kubeconfig": UNKNOWN})
    assert isinstance(served.resource("kubernetes:core/v1:Secret"), KubernetesObject)
