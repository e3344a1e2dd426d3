"""Programs in containers: their exit code and output, as the websocket of the kubernetes package gives them."""

from __future__ import annotations

import io
from pathlib import Path

import kubernetes
import pytest
import yaml

from ops import errors
from ops.adapters.kubernetes_cluster import Cluster

SUCCESS = '{"status": "Success"}'
FAILURE = '{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}'


class Socket(kubernetes.stream.ws_client.WSClient):
    """A websocket that has said all that it will: the real client's reading, without a network."""

    def __init__(self, output: str, status: str) -> None:
        self._connected = False
        self._returncode = None
        self._closed_channels: set[int] = set()
        self._all = io.StringIO()
        self._all.write(output)
        self._channels = {kubernetes.stream.ws_client.ERROR_CHANNEL: status}

    def update(self, timeout: float = 0) -> None:
        """Nothing more comes."""

    def close(self, **_: object) -> None:
        """Nothing is open."""


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    path = tmp_path / "kubeconfig"
    entry = {"name": "site", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "site", "context": {"cluster": "site", "user": "site"}}
    user = {"name": "site", "user": {"token": "none"}}
    content = {"apiVersion": "v1", "kind": "Config", "current-context": "site", "clusters": [entry]}
    path.write_text(yaml.safe_dump(content | {"contexts": [context], "users": [user]}))
    return Cluster(path)


@pytest.mark.parametrize(("status", "code"), [(SUCCESS, 0), (FAILURE, 3)])
def test_a_program_has_its_exit_code_and_its_output(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, status: str, code: int
) -> None:
    monkeypatch.setattr(kubernetes.stream, "stream", lambda *_, **__: Socket("Paris\n", status))
    assert cluster.execute("models", "triton-0", "triton", ["true"]) == (code, "Paris\n")


def test_a_connection_that_ends_without_a_status_is_told(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubernetes.stream, "stream", lambda *_, **__: Socket("Par", ""))
    with pytest.raises(errors.UnreachableError, match="no program can be run in models/triton-0"):
        cluster.execute("models", "triton-0", "triton", ["true"])
