"""Plain `pulumi` over the Kubernetes stand-in and a real API server."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import time
from pathlib import Path

import pytest

from ops.adapters import pulumi, pulumi_recovery
from tests.support import apiserver, pulumi_project
from tests.support.apiserver import ApiServer
from tests.support.pulumi_project import Project

pytestmark = [pytest.mark.pulumi, pytest.mark.apiserver]

PROGRAM = """
import os, pathlib, pulumi, pulumi_kubernetes

namespace = os.environ["TEST_NAMESPACE"]
provider = pulumi_kubernetes.Provider(
    "site",
    kubeconfig=pulumi.Output.secret(pathlib.Path(os.environ["TEST_KUBECONFIG"]).read_text()),
    cluster_identifier="test",
    enable_config_map_mutable=True,
    delete_unreachable=os.environ.get("TEST_DELETE_UNREACHABLE"),
)

def add(kind, name, fields, **options):
    body = {"metadata": {"name": name, "namespace": namespace}, **fields}
    return pulumi.CustomResource(f"kubernetes:{kind}", name, body, pulumi.ResourceOptions(provider=provider, **options))

add("core/v1:ConfigMap", "settings", {"data": {"branch": os.environ.get("TEST_BRANCH", "570")}})
add("core/v1:Secret", "keys", {"stringData": {"key": "planted-value"}})
if "TEST_OUTCOME" in os.environ:
    template = {
        "metadata": {"labels": {"app": "a"}, "annotations": {"test/outcome": os.environ["TEST_OUTCOME"]}},
        "spec": {"containers": [{"name": "c", "image": "none"}]},
    }
    spec = {"progressDeadlineSeconds": 8, "selector": {"matchLabels": {"app": "a"}}, "template": template}
    add("apps/v1:Deployment", "serve", {"spec": spec})
if "TEST_ADOPT" in os.environ:
    add("core/v1:ConfigMap", "adopted", {"data": {"by": "hand"}}, import_=f"{namespace}/adopted")
"""


@pytest.fixture
def project(tmp_path: Path, api: ApiServer, namespace: str) -> Project:
    made = pulumi_project.make(tmp_path, PROGRAM)
    (tmp_path / "kubeconfig").write_text(api.kubeconfig)
    variables = {"TEST_NAMESPACE": namespace, "TEST_KUBECONFIG": str(tmp_path / "kubeconfig")}
    return dataclasses.replace(made, environment=made.environment | variables)


def settings(api: ApiServer, project: Project) -> dict[str, str]:
    found = api.get(f"/api/v1/namespaces/{project.environment['TEST_NAMESPACE']}/configmaps/settings")
    return dict(found["data"])


def test_a_second_run_changes_nothing_and_a_change_shows_old_and_new(api: ApiServer, project: Project) -> None:
    assert "+ 4 created" in project.run("up", "--yes")
    assert "4 unchanged" in project.up("--expect-no-changes")
    shown = project.run("preview", "--diff", TEST_BRANCH="580")
    assert 'branch: "570" => "580"' in shown.replace("  ", " ")
    assert settings(api, project) == {"branch": "570"}
    assert "~ 1 updated" in project.up(TEST_BRANCH="580")
    assert settings(api, project) == {"branch": "580"}


def test_a_planted_secret_is_nowhere_in_what_pulumi_writes(api: ApiServer, project: Project) -> None:
    project.up()
    namespace = project.environment["TEST_NAMESPACE"]
    assert api.get(f"/api/v1/namespaces/{namespace}/secrets/keys")["data"] == {"key": "cGxhbnRlZC12YWx1ZQ=="}
    raw = project.raw()
    assert b"ciphertext" in raw
    assert b"planted-value" not in raw
    assert b"cGxhbnRlZC12YWx1ZQ==" not in raw
    assert apiserver.TOKEN.encode() not in raw


def test_a_deployment_that_fails_is_told_with_its_reason_and_tried_again(project: Project) -> None:
    failed = project.up(expect=1, TEST_OUTCOME="ImagePullBackOff")
    assert "passed its progress deadline" in failed
    assert "ImagePullBackOff: as the test wants it" in failed
    assert "serve" in project.resources()
    project.up(TEST_OUTCOME="ready")
    assert "unchanged" in project.up("--expect-no-changes", TEST_OUTCOME="ready")


def test_a_refresh_finds_drift_and_the_next_update_mends_it(api: ApiServer, project: Project) -> None:
    project.up()
    path = f"/api/v1/namespaces/{project.environment['TEST_NAMESPACE']}/configmaps/settings"
    api.patch(path, {"data": {"branch": "by hand"}})
    assert "~ 1 updated" in project.run("refresh", "--yes", "--skip-preview")
    api.request("DELETE", path)
    assert "- 1 deleted" in project.run("refresh", "--yes", "--skip-preview")
    assert "+ 1 created" in project.up()
    assert settings(api, project) == {"branch": "570"}


def test_an_object_made_by_hand_is_imported_by_its_name(api: ApiServer, project: Project) -> None:
    path = f"/api/v1/namespaces/{project.environment['TEST_NAMESPACE']}/configmaps"
    api.request("POST", path, {"metadata": {"name": "adopted"}, "data": {"by": "hand"}})
    assert "= 1 imported" in project.up(TEST_ADOPT="yes")
    assert "5 unchanged" in project.up("--expect-no-changes", TEST_ADOPT="yes")


def test_destroy_leaves_nothing(api: ApiServer, project: Project) -> None:
    project.up()
    project.run("destroy", "--yes", "--skip-preview")
    assert project.resources() == {}
    assert api.get(f"/api/v1/namespaces/{project.environment['TEST_NAMESPACE']}/configmaps/settings") is None


def test_a_dead_cluster_does_not_stop_a_preview_and_stops_a_destroy_unless_told(project: Project) -> None:
    project.up()
    dead = apiserver.free_ports(1)[0]
    file = Path(project.environment["TEST_KUBECONFIG"])
    content = json.loads(file.read_text())
    content["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{dead}"
    file.write_text(json.dumps(content))
    assert "previewed from the program alone" in project.run("preview", TEST_BRANCH="580")
    refused = project.run("up", "--yes", "--skip-preview", TEST_BRANCH="580", expect=1)
    assert "the Kubernetes API does not answer" in refused
    assert f"at https://127.0.0.1:{dead}" in refused
    assert "mend: check that the control plane" in refused
    assert "does not answer" in project.run("destroy", "--yes", "--skip-preview", expect=1)
    text = project.run("destroy", "--yes", "--skip-preview", PULUMI_K8S_DELETE_UNREACHABLE="true")
    assert "forgotten and not deleted" in text
    assert project.resources() == {}


def test_ctrl_c_ends_a_wait_and_keeps_what_was_made(api: ApiServer, project: Project) -> None:
    with project.start("up", "--yes", "--skip-preview", TEST_OUTCOME="ContainerCreating") as running:
        wait_for(api, project, "serve")
        running.send_signal(signal.SIGINT)
        text, _ = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "cancelled while waiting" in text
    assert "serve" in project.resources()


def test_a_killed_update_converges_when_it_is_run_again(api: ApiServer, project: Project) -> None:
    with project.start("up", "--yes", "--skip-preview", TEST_OUTCOME="ContainerCreating") as running:
        wait_for(api, project, "serve")
        os.killpg(running.pid, signal.SIGKILL)
    assert "currently locked" in project.run("up", "--yes", "--skip-preview", TEST_OUTCOME="ready", expect=1)
    stack = pulumi.Stack(project.stack, project.environment, project.directory)
    mended = pulumi_recovery.settle(stack, "trial")
    assert any("broke the lock" in line for line in mended)
    assert any("forgot the interrupted creating of serve" in line for line in mended)
    text = project.up(TEST_OUTCOME="ready")
    assert "pending operations" not in text
    assert "unchanged" in project.up("--expect-no-changes", TEST_OUTCOME="ready")
    assert settings(api, project) == {"branch": "570"}


def test_a_second_checkout_goes_on_with_the_stack(project: Project, tmp_path: Path) -> None:
    project.up()
    other = pulumi_project.write_checkout(tmp_path / "other", PROGRAM, {})
    second = dataclasses.replace(project, directory=other)
    assert "4 unchanged" in second.run("preview", "--expect-no-changes")


def test_a_wrong_passphrase_is_said(project: Project) -> None:
    project.up()
    Path(project.environment["PULUMI_CONFIG_PASSPHRASE_FILE"]).write_text("wrong\n")
    assert "incorrect passphrase" in project.run("preview", expect=1)


def wait_for(api: ApiServer, project: Project, name: str) -> None:
    """Wait until the API server has a deployment of the project."""
    path = f"/apis/apps/v1/namespaces/{project.environment['TEST_NAMESPACE']}/deployments/{name}"
    deadline = time.monotonic() + 60
    while api.get(path) is None:
        assert time.monotonic() < deadline, f"deployment {name} did not appear"
        time.sleep(0.2)
